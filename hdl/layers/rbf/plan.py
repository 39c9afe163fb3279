"""Plan of radial basis functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.models.limits import MAX_WIDTH
from build_decoder.quant.layers.rbf import Rbf

__all__ = ["RbfPlan"]

_SMALLEST = Folding(1, 1)
_COUNTERS = 30
"""Bits of counters, about."""


@dataclass(frozen=True)
class RbfPlan(LayerPlan):
    """Plan of radial basis functions: an input a cycle, for some units at once.

    Inputs are kept, two frames of them, and go to the units pass by pass. Sums of a pass leave one
    by one, through one product with their scale and one activation, while the next pass goes on.

    Parameters
    ----------
    layer
        The layer.
    lanes
        Units at once.
    """

    name = "rbf"
    layer_type = Rbf
    folds = False

    layer: Rbf
    lanes: int = 1

    def __post_init__(self):
        if not 1 <= self.lanes <= self.units:
            raise ValueError(f"expected 1 to {self.units} units at once, got {self.lanes}")

    @property
    def values(self) -> int:
        """Inputs of a frame."""
        return self.layer.units.distances.centres.raw.shape[0]

    @property
    def units(self) -> int:
        """Outputs of a frame."""
        return self.layer.output_count

    @property
    def groups(self) -> tuple[int, ...]:
        """Units of each pass."""
        whole, rest = divmod(self.units, self.lanes)
        return (self.lanes,) * whole + ((rest,) if rest else ())

    @property
    def sums_latency(self) -> int:
        """Cycles from the last input of a pass to its sums: memory, difference, square, sum, and
        the register in which they wait."""
        return 5

    @property
    def registers(self) -> int:
        """Registers from a sum to its output: sum and scale, their product, the activation."""
        return 2 + activation_plan(self.layer.units.activation).latency

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor((self.values,), self.layer.units.distances.input, 1),)

    @property
    def output(self) -> Tensor:
        return Tensor((self.units,), self.layer.output, 1)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        distances = self.layer.units.distances
        return (
            (2 << (self.values - 1).bit_length(), distances.input.width),
            (len(self.groups) * self.values, self.lanes * distances.centres.format.width),
        )

    @property
    def activations(self):
        return (self.layer.units.activation,)

    @property
    def products(self):
        """Squares of differences, and sums by their scale."""
        units = self.layer.units
        difference = units.distances.difference.format
        return (
            *((difference, difference),) * self.lanes,
            (units.distances.span.format, units.scales.format),
        )

    @property
    def adder_bits(self) -> int:
        distances = self.layer.units.distances
        a_lane = distances.difference.width + 2 * distances.span.width
        return _COUNTERS + self.lanes * a_lane

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes inputs, what goes over them, and what gives outputs."""
        space, there = Slot(2), Slot()
        free, finished = Slot(1), Slot(0, delay=self.sums_latency)
        taken = Phase(self.values, take=(0,), reserve=((space, 1),), release=((there, 1),))
        walked, given, last = [], [], len(self.groups) - 1
        for number, group in enumerate(self.groups):
            begins = ((there, 1),) if number == 0 else ()
            ends = ((finished, 1), *(((space, 1),) if number == last else ()))
            if self.values == 1:
                walked.append(Phase(reserve=(*begins, (free, 1)), release=ends))
            else:
                walked += [
                    Phase(self.values - 1, reserve=begins),
                    Phase(reserve=((free, 1),), release=ends),
                ]
            taking = ((finished, 1),)
            if group > 1:
                given.append(Phase(group - 1, give=(0,), reserve=taking))
                taking = ()
            given.append(Phase(give=(0,), reserve=taking, release=((free, 1),)))
        return (
            Actor((taken,)), Actor(tuple(walked)), Actor(tuple(given), registers=self.registers)
        )

    @classmethod
    def options(cls, layer: Rbf, shapes: Sequence[Shape]) -> Iterator[Self]:
        for lanes in steps(layer.output_count):
            yield cls(layer, lanes)

    @property
    def choices(self) -> Mapping[str, Folding]:
        return {"folding": Folding(1, self.lanes)}

    @classmethod
    def chosen(
        cls, layer: Rbf, shapes: Sequence[Shape], *, folding: Folding = _SMALLEST
    ) -> Self:
        if folding.inputs_per_cycle != 1:
            raise ValueError(f"expected 1 input a cycle, got {folding}")
        return cls(layer, folding.outputs_per_cycle)

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding]:
        entries.only("folding")
        chosen = Fields(entries.values["folding"], entries.source, entries.place("folding"))
        chosen.only("inputs_per_cycle", "outputs_per_cycle")
        lanes = chosen.integer("outputs_per_cycle", 1, MAX_WIDTH)
        return {"folding": Folding(chosen.integer("inputs_per_cycle", 1, 1), lanes)}

    def giving(self, lanes: int) -> Self:
        return self
