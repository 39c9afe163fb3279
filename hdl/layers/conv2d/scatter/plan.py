"""Plan of a convolution whose inputs are added to open sums as they come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from build_decoder.hdl.layers.conv2d.fixed_point import FixedPointPlan
from build_decoder.hdl.layers.conv2d.part import Part
from build_decoder.hdl.layers.conv2d.scatter.sums import OpenSums
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.folding import Folding, lanes_between, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.conv2d import Conv2d

__all__ = ["FORM", "ScatterPlan"]

FORM = "scatter"
"""Name of this form of a convolution among its choices."""


@dataclass(frozen=True)
class ScatterPlan(FixedPointPlan):
    """Plan of a convolution along time whose inputs are added to all open sums as they come.

    A column's channels come in blocks. A block is multiplied with the weights of all columns of a
    window, and so goes into that many columns of outputs, which are open: their sums are in a
    memory. With the last block of a column, the oldest of them is finished and leaves; with that of
    a frame's last column, all do. No input is kept, and what is left to do after the last one is
    its own products alone.

    Parameters
    ----------
    layer
        The convolution, of one row.
    folding
        Channels of a block, and filters of a beat.
    lanes
        Outputs a transfer.
    multipliers, reloadable
        As in a :class:`DensePlan`.

    Raises
    ------
    ValueError
        If a column or a window has several rows, or there is no block of so many channels.
    """

    form: ClassVar[str] = FORM
    more_choices: ClassVar[Mapping[str, int]] = {}

    layer: Conv2d
    folding: Folding
    lanes: int
    multipliers: Multipliers | None = None
    reloadable: bool = False

    def __post_init__(self):
        rows, of_window = self.layer.shape[1], self.layer.weights.shape[1]
        if (rows, of_window) != (1, 1):
            raise ValueError(
                f"expected columns and windows of 1 row for {FORM}, got {rows} and {of_window}"
            )
        channels = self.layer.shape[2]
        if self.folding.inputs_per_cycle not in steps(channels):
            raise ValueError(
                f"expected {', '.join(map(str, steps(channels)))} inputs a cycle for {FORM}, got "
                f"{self.folding.inputs_per_cycle}"
            )
        object.__setattr__(self, "multipliers", self.neurons.multipliers)

    @cached_property
    def part(self) -> Part:
        """What is multiplied in a cycle with the weights of one column of a window."""
        inputs = self.folding.inputs_per_cycle
        return Part((self.layer.weights.shape[0], 1, self.layer.shape[2]), 1, 1, inputs)

    @cached_property
    def neurons(self) -> OpenSums:
        """The dense layer that windows are, and its open sums."""
        return OpenSums(
            self.dense_of(self.layer), self.folding, self.lanes, False, self.multipliers,
            self.reloadable, taps=self.layer.weights.shape[0],
        )

    @property
    def order(self) -> str:
        return f"{self.neurons.blocks} blocks of a column to {self.neurons.taps} open sums"

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        sums = self.neurons
        return ((sums.block_beats, sums.neurons * sums.parameters.exact.width),)

    @property
    def pace(self) -> int:
        sums = self.neurons
        return max(self.layer.shape[0] * sums.blocks * sums.block_beats, self.output.beats)

    @property
    def behind(self) -> int:
        """Columns of a window behind its position."""
        taps = self.layer.weights.shape[0]
        return taps - 1 - (taps - 1) // 2

    def finished(self, column: int) -> range:
        """Beats of the last block of a column in which sums are finished."""
        passes, last = self.neurons.passes, self.layer.shape[0] - 1
        least = max(self.behind - column, 0)
        most = self.behind if column == last else 0
        return range(least * passes, max(most + 1, least) * passes)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor(self.layer.shape, self.layer.input, self.folding.inputs_per_cycle),)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes blocks and goes over the open sums, and the drain."""
        steps, sums = self.layer.shape[0], self.neurons
        room, finished = Slot(sums.finished_places), Slot(0, delay=sums.sums_latency)
        gives = {"reserve": ((room, 1),), "release": ((finished, 1),)}
        takes, taken = Phase(take=(0,)), Phase(take=(0,), **gives)
        ends = Phase(**gives)
        others = {count: Phase(count) for count in range(1, sums.block_beats)}

        def block(finishes: range) -> list[Phase]:
            """Of a block that finishes the sums of these beats."""
            beats = range(1, sums.block_beats)
            before = [number for number in beats if number < finishes.start]
            after = [number for number in beats if number >= finishes.stop]
            return [
                taken if 0 in finishes else takes,
                *([others[len(before)]] if before else []),
                *[ends for number in beats if number in finishes],
                *([others[len(after)]] if after else []),
            ]

        added = block(range(0)) * (sums.blocks - 1)
        columns = [phase for step in range(steps) for phase in added + block(self.finished(step))]
        drained = {
            count: Phase(count, give=(0,), reserve=((finished, 1),), release=((room, 1),))
            for count in set(sums.groups)
        }
        position = tuple(drained[count] for count in sums.groups)
        return Actor(tuple(columns)), Actor(position * steps, sums.drain_latency)

    @classmethod
    def options(cls, layer: Conv2d, shapes: Sequence[Shape]) -> Iterator["ScatterPlan"]:
        """Foldings that differ in blocks or in passes; none where there are several rows."""
        _, of_window, channels, filters = layer.weights.shape
        if (layer.shape[1], of_window) != (1, 1):
            return
        for inputs in steps(channels):
            for some in steps(filters):
                yield cls(layer, Folding(inputs, some), 1)

    @property
    def choices(self) -> Mapping[str, str | Folding | Multipliers]:
        return {"form": FORM, "folding": self.folding, "multipliers": self.multipliers}

    def giving(self, lanes: int) -> "ScatterPlan":
        filters = self.layer.output_shape[2]
        return replace(self, lanes=lanes_between(filters, self.folding, lanes))
