"""Plan of a convolution whose windows are gathered, whatever its arithmetic is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Self

from build_decoder.hdl.layers.conv2d.convolution import ConvolutionPlan
from build_decoder.hdl.layers.conv2d.part import Part
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.column_store import READ_LATENCY, ColumnStore
from build_decoder.hdl.planning.folding import Folding, lanes_between
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.unstalled import times_of
from build_decoder.quant.convolution_shape import ConvolutionShape

__all__ = ["GatheredPlan"]


@dataclass(frozen=True)
class GatheredPlan(ConvolutionPlan):
    """Plan of a convolution whose windows are gathered from columns that are kept.

    A column of outputs is begun when its window's columns are there, and goes through the positions
    of the column, the passes of each, and the blocks of each pass. Columns are kept until no window
    needs them, and there is a place for one more, which comes in meanwhile.

    Parameters
    ----------
    layer
        The convolution.
    folding
        Inputs and filters a cycle; the inputs are those of a :class:`Part`.
    lanes
        Outputs a transfer; must divide the filters if a column has several positions.
    double_buffered
        As in a :class:`DensePlan`.
    multipliers
        As in a :class:`DensePlan`.

    Raises
    ------
    ValueError
        If there is no block of so many inputs, or outputs of two positions or passes would share a
        transfer.
    """

    whole_blocks: ClassVar[bool] = False
    """Whether a block may have nothing beyond the window."""

    layer: ConvolutionShape
    folding: Folding
    lanes: int
    double_buffered: bool = True
    multipliers: Multipliers | None = None

    def __post_init__(self):
        _, rows, filters = self.layer.output_shape
        if rows > 1 and filters % self.lanes:
            raise ValueError(f"expected lanes that divide {filters} filters, got {self.lanes}")
        object.__setattr__(self, "multipliers", self.neurons.multipliers)

    @classmethod
    def block(cls, layer: ConvolutionShape, values: int) -> Part:
        """The block of so many values of a layer's window; ValueError if there is none."""
        return Part.of(layer.shape, layer.weights.shape[:2], values, whole=cls.whole_blocks)

    @classmethod
    def blocks(cls, layer: ConvolutionShape) -> Iterator[Part]:
        """All blocks of a layer's window."""
        return Part.options(layer.shape, layer.weights.shape[:2], whole=cls.whole_blocks)

    @cached_property
    def part(self) -> Part:
        """What of a window is multiplied in a cycle."""
        return self.block(self.layer, self.folding.inputs_per_cycle)

    @property
    def behind(self) -> int:
        """Columns of a window behind its position."""
        return self.kernel[0] - 1 - self.before[0]

    @cached_property
    def columns_in(self) -> list[int]:
        """Columns that each column of outputs waits for, beyond those of the one before it."""
        steps = self.layer.shape[0]
        there = [min(step + self.behind, steps - 1) + 1 for step in range(steps)]
        return [now - before for now, before in zip(there, [0, *there], strict=False)]

    @cached_property
    def columns_out(self) -> list[int]:
        """Columns that are not needed any more after each column of outputs."""
        steps = self.layer.shape[0]
        gone = [max(step - self.before[0], 0) for step in range(steps)] + [steps]
        return [after - now for now, after in zip(gone, gone[1:], strict=False)]

    @cached_property
    def store(self) -> ColumnStore:
        """Where columns are kept."""
        kept, most = 0, 0
        for more, less in zip(self.columns_in, self.columns_out, strict=True):
            most = max(most, kept + more)
            kept += more - less
        part = self.part
        return ColumnStore(most + 1, self.inputs[0].step_beats, part.times, part.rows)

    @property
    def selected(self) -> tuple[tuple[int, int], ...]:
        (taken,) = self.inputs
        return self.store.selected(taken.lanes * taken.format.width)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        store, (taken,) = self.store, self.inputs
        bank = (store.depth, taken.lanes * taken.format.width)
        neurons = self.neurons
        waiting = (neurons.places, neurons.neurons * neurons.parameters.captured.width)
        return (bank,) * store.banks + (waiting,) * (neurons.places > 1)

    @property
    def pace(self) -> int:
        steps, rows, _ = self.layer.output_shape
        (taken,) = self.inputs
        summed, drained = self._position()
        position = times_of((Actor(summed), Actor(drained, self.neurons.drain_latency)))
        return max(steps * rows * position.interval, taken.beats, self.output.beats)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor(self.layer.shape, self.layer.input, self.part.channels),)

    def _position(self) -> tuple[tuple[Phase, ...], tuple[Phase, ...]]:
        """What sums up, and what drains, the outputs of a position."""
        neurons = self.neurons
        free = Slot(neurons.places)
        finished = Slot(0, delay=READ_LATENCY + neurons.sums_latency)
        waits = neurons.beats - 1 if self.double_buffered else 0
        waiting = (Phase(waits),) if waits else ()
        summed = Phase(neurons.beats - waits, reserve=((free, 1),), release=((finished, 1),))
        drained = {
            count: Phase(count, give=(0,), reserve=((finished, 1),), release=((free, 1),))
            for count in set(neurons.groups)
        }
        return (
            (*waiting, summed) * neurons.passes, tuple(drained[count] for count in neurons.groups)
        )

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes columns, what goes over them, and the drain."""
        steps, rows, _ = self.layer.shape
        space, there = Slot(self.store.places), Slot()
        taken = Phase(
            self.inputs[0].step_beats, take=(0,), reserve=((space, 1),), release=((there, 1),)
        )
        summed, drained = self._position()

        def column(more: int, less: int) -> list[Phase]:
            phases = list(summed) * rows
            if more:
                first = phases[0]
                phases[0] = replace(first, reserve=((there, more), *first.reserve))
            if less:
                last = phases[-1]
                phases[-1] = replace(last, release=((space, less), *last.release))
            return phases

        pairs = list(zip(self.columns_in, self.columns_out, strict=True))
        columns = {pair: column(*pair) for pair in set(pairs)}
        return (
            Actor((taken,) * steps),
            Actor(tuple(phase for pair in pairs for phase in columns[pair])),
            Actor(drained * (steps * rows), self.neurons.drain_latency),
        )

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    def giving(self, lanes: int) -> Self:
        _, rows, filters = self.layer.output_shape
        fits = rows == 1 or not filters % lanes
        return replace(self, lanes=lanes_between(filters, self.folding, lanes) if fits else 1)
