"""Check of a column engine's program: it is followed, address by address, for two frames."""

import numpy as np

from build_decoder.hdl.engine.layers import EngineLayer, KeptTensor
from build_decoder.hdl.engine.program import Program
from build_decoder.hdl.engine.steps import Load, Row

__all__ = ["check"]

_NEVER = -1
"""What a place has that is never written, and is zero."""


def check(program: Program) -> None:
    """Follow the steps of two frames as the hardware does.

    Every product of the network is made once, with its own weight and its own value: none is read
    that is not written, or was overwritten; what lies around an image is never written. The
    hardware reads once a cycle and writes once a cycle, the former in rows of the program alone;
    outputs leave together that are neighbours in a word of the memory, and in a cycle of their
    own, and a window of the pool has two cycles from one output to the next.

    Raises
    ------
    ValueError
        If it is not so.
    """
    _Check(program).frames(2)


class _Check:
    def __init__(self, program: Program):
        self.program = program
        self.places = np.full(program.words * program.banks, _NEVER)
        self.sums = [None] * program.sums
        tensors = program.network.tensors
        # Each value of two frames has a number of its own.
        sizes = [int(np.prod(tensor.shape)) for tensor in tensors]
        self.size = sum(sizes)
        self.bases = dict(
            zip((t.name for t in tensors), np.cumsum([0, *sizes])[:-1].tolist(), strict=True)
        )

    def frames(self, count: int) -> None:
        for frame in range(count):
            self.frame = frame
            self.made = {
                layer.name: np.zeros((layer.columns, len(layer.weights)), int)
                for layer in self.program.network.layers
            }
            for step in self.program.steps:
                if isinstance(step, Load):
                    self.load(step)
                else:
                    self.row(step)
            for layer in self.program.network.layers:
                _holds(
                    (self.made[layer.name] == _wanted(layer)).all(),
                    f"{layer.name}: expected every product once",
                )

    def numbers(self, tensor: KeptTensor, column: int) -> np.ndarray:
        """Of the values of a column."""
        values = tensor.shape[1] * tensor.shape[2]
        first = self.frame * self.size + self.bases[tensor.name] + column * values
        return np.arange(first, first + values)

    def load(self, step: Load) -> None:
        for tensor, _ in self.program.network.inputs:
            first = self.program.first_value(tensor, step.column)
            numbers = self.numbers(tensor, step.column)
            self.places[first : first + len(numbers)] = numbers

    def row(self, row: Row) -> None:
        program, layer = self.program, row.layer
        first_tap = row.first - row.skipped
        ring = program.rings[layer.source.name]
        at, last = program.start(row), (ring.base + (ring.places - 1) * ring.words) * program.banks
        weight = program.first_weight(row)
        for column in range(row.first, row.end):
            tap = column - first_tap
            self.reads(layer, at, column)
            self.weights(layer, weight, tap)
            self.made[layer.name][row.column, tap] += 1
            at += (-(ring.places - 1) if at >= last else 1) * ring.words * program.banks
            weight += program.blocks(layer)
        _holds(
            program.pass_cycles(row) >= max(program.filters // program.lanes, 2),
            f"{layer.name}: expected a pass in which its outputs leave, and of two cycles",
        )
        if row.sums is not None:
            self.adds(row)
        if row.ends and not row.keeps and layer.target is not None:
            self.writes(row)

    def adds(self, row: Row) -> None:
        """Sums that it goes on with, and that it keeps: of so many columns of this source."""
        layer = row.layer
        words = slice(row.sums, row.sums + layer.positions * self.program.passes(layer))
        if row.resumes:
            _holds(
                self.sums[words] == [(self.frame, layer.name, row.column, row.first)]
                * (words.stop - words.start),
                f"{layer.name}: expected sums of column {row.column}, got others",
            )
        if row.keeps:
            self.sums[words] = [(self.frame, layer.name, row.column, row.end)] * (
                words.stop - words.start
            )

    def reads(self, layer: EngineLayer, at: int, column: int) -> None:
        """All windows of a column, from value ``at`` on."""
        position = np.arange(layer.positions)[:, None] * layer.step
        value = np.arange(layer.weights.shape[1])
        numbers = self.numbers(layer.source, column)
        index = position + value - layer.reaches
        inside = (index >= 0) & (index < len(numbers))
        wanted = np.where(inside, numbers[np.clip(index, 0, len(numbers) - 1)], _NEVER)
        _holds(
            (self.places[at + position + value] == wanted).all(),
            f"{layer.name}: expected values of column {column}, got others",
        )

    def weights(self, layer: EngineLayer, first: int, tap: int) -> None:
        """Those of a column of the window, in each pass."""
        program = self.program
        blocks, values = program.blocks(layer), layer.weights.shape[1]
        for number in range(program.passes(layer)):
            start = first + number * len(layer.weights) * blocks
            rows = program.weight_rows[start : start + blocks].reshape(-1, program.filters)
            wanted = np.zeros_like(rows)
            some = layer.weights[tap, :, number * program.filters :][:, : program.filters]
            wanted[:values, : some.shape[1]] = some
            _holds((rows == wanted).all(), f"{layer.name}: expected weights of column {tap}")

    def writes(self, row: Row) -> None:
        layer, target = row.layer, row.layer.target
        _, rows, channels = target.shape
        program = self.program
        first = program.first_value(target, row.into) + layer.offset
        numbers = self.numbers(target, row.into).reshape(rows, channels)
        for line in range(rows):
            place = first + line * channels
            _holds(not place % program.lanes, f"{layer.name}: expected outputs of a word")
            self.places[place : place + layer.filters] = numbers[line][
                layer.offset : layer.offset + layer.filters
            ]


def _holds(truth: bool, message: str) -> None:
    if not truth:
        raise ValueError(message)


def _wanted(layer: EngineLayer) -> np.ndarray:
    """How often each column of the window of each column of outputs is gone over."""
    wanted = np.zeros((layer.columns, len(layer.weights)), int)
    before = 0 if layer.before is None else layer.before
    for column in range(layer.columns):
        for tap in range(len(layer.weights)):
            source = tap if layer.before is None else column + tap - before
            wanted[column, tap] = 0 <= source < layer.source.shape[0]
    return wanted
