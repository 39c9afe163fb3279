"""A graph in hardware: its operations, and its rows of registers."""

from collections.abc import Mapping

from amaranth import Cat, Const, Signal, Value

from build_decoder.hdl.heap.graph import ONE
from build_decoder.hdl.heap.made import Maker
from build_decoder.hdl.heap.operations import Operation
from build_decoder.hdl.heap.pipeline import Pipeline

__all__ = ["Rows"]


class Rows:
    """Signals of a graph's bits: where they are made, and behind each row of registers.

    Part ``n`` of the network is what lies between rows ``n - 1`` and ``n``. Whoever has it lets the
    registers move: see :meth:`registers`.

    Parameters
    ----------
    pipeline
        Of the graph.
    there
        A bit a row: whether it has something.
    clears
        Whether the first row is zero after a reset.
    """

    def __init__(self, pipeline: Pipeline, there: Signal, *, clears: bool = False):
        graph = pipeline.graph
        self._graph, self._registers, self._there = graph, pipeline.registers, there
        self._part = [pipeline.row(level) for level in graph.levels]
        self._made: dict[int, Value] = {0: Const(0, 1)}
        self._places: list[dict[int, int]] = [{} for _ in range(pipeline.registers)]
        for bit, last in sorted(pipeline.last_uses.items()):
            for row in range(self._part[bit], pipeline.row(last)):
                self._places[row][bit] = len(self._places[row])
        self._rows = [
            Signal(len(places), name=f"row_{number}", reset_less=number > 0 or not clears)
            for number, places in enumerate(self._places)
        ]

    def take(self, inputs: Mapping[int, Value]) -> None:
        """Take the graph's inputs, as they are before the first row, by the numbers of bits."""
        self._made |= inputs

    def make(self, maker: Maker) -> None:
        """Make the operations."""
        for operation in self._graph.operations:
            maker.make(operation, self._taken_by(operation), self._signal)

    @property
    def first(self) -> Signal:
        """The first row: of the bits of the inputs that any operation takes, by rising number."""
        return self._rows[0]

    def registers(self, start: int = 0) -> list[tuple[Signal, Value]]:
        """Rows of registers from a number on, and what they hold next."""
        rows = enumerate(zip(self._rows, self._places, strict=True))
        return [
            (row, Cat(self._seen(bit, number) for bit in places))
            for number, (row, places) in rows if number >= start
        ]

    @property
    def outputs(self) -> Value:
        """Bits of all outputs, behind the last row."""
        return Cat(
            self._seen(out >> 1, self._registers) if out > ONE else Const(out, 1)
            for out in self._graph.outputs
        )

    def _signal(self, bit: int) -> Signal:
        """The signal of a bit that an operation makes."""
        if bit not in self._made:
            self._made[bit] = Signal(name=f"bit_{bit}")
        return self._made[bit]

    def _seen(self, bit: int, part: int) -> Value:
        """A bit as a part of the network sees it."""
        if bit == self._graph.first:
            return self._there[part - 1]
        if bit in self._graph.states:
            return self._seen(self._graph.states[bit], part + 1)
        if not bit or self._part[bit] == part:
            return self._made[bit]
        return self._rows[part - 1][self._places[part - 1][bit]]

    def _taken_by(self, operation: Operation) -> dict[int, Value]:
        """Bits as the part sees them that an operation is in."""
        part = self._part[operation.outputs[0]]
        return {bit: self._seen(bit, part) for bit in operation.taken}
