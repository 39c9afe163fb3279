"""Plan of a dense layer: its folding, and what follows from that: counts, memory rows, control."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import numpy as np

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.dense.control import DenseControl
from build_decoder.hdl.layers.dense.memories import DenseMemories
from build_decoder.hdl.planning.folding import UNREGISTERED_GROUPS, Folding, lanes_between, steps
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.writable import Writable
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense

__all__ = ["DensePlan", "dense_layers", "dense_plans"]

_MOST = 1 << 24
_SMALLEST = Folding(1, 1)


@dataclass(frozen=True)
class DensePlan(DenseControl, DenseMemories, LayerPlan):
    """Plan of a dense layer.

    Parameters
    ----------
    parameters
        The dense layer.
    folding
        Inputs and neurons a cycle.
    lanes
        Outputs a transfer. Must divide ``folding.outputs_per_cycle``, or one pass must be all.
    double_buffered
        Capture finished sums, so that the next pass can run while they are drained; otherwise it
        waits.
    multipliers
        Units that make the products of a cycle; a DSP block for each if None.
    reloadable
        Whether weights and biases are written at run time. The hardware then follows from formats
        alone, never from the weights and biases that there are.
    places
        Passes whose captured sums, or sums to come, can wait until they are drained: 1, which the
        drain captures, or a power of two. Others than whoever brings inputs to
        :class:`~hdl.parts.neurons.Neurons` by itself have 1.

    Raises
    ------
    ValueError
        If outputs of two passes would share a transfer.
    """

    name = "dense"
    layer_type = Dense
    writable = True
    selects: ClassVar[bool] = True
    """Whether selecting units can sum the products."""

    parameters: Dense
    folding: Folding
    lanes: int
    double_buffered: bool
    multipliers: Multipliers | None = None
    reloadable: bool = False
    places: int = 1

    def __post_init__(self):
        if self.multipliers is None:
            products = self.folding.inputs_per_cycle * self.neurons
            object.__setattr__(self, "multipliers", Multipliers(dsp=products))
        if self.passes > 1 and self.folding.outputs_per_cycle % self.lanes:
            raise ValueError(
                f"expected lanes that divide {self.folding.outputs_per_cycle} outputs a cycle, "
                f"got {self.lanes}"
            )

    @property
    def multiplying(self) -> "DensePlan":
        return self

    @property
    def input_count(self) -> int:
        """Inputs of the layer."""
        return self.parameters.input_count

    @property
    def units(self) -> int:
        """Neurons of the layer."""
        return self.parameters.units

    @property
    def registered_selection(self) -> bool:
        """Whether the selection of a group has a register of its own."""
        return self.groups_in_pass > UNREGISTERED_GROUPS

    @property
    def weight_rows(self) -> np.ndarray:
        """Raw weights (rows, inputs_per_cycle, neurons), a row a beat, pass after pass."""
        return self.rows_of(self.parameters.weights)

    @property
    def unit_width(self) -> int:
        """Bits of what a MAC unit gives: an exact sum, or a product."""
        p = self.parameters
        if self.units_accumulate:
            return p.exact.width
        # A product has as many bits as both operands, and a sign that unsigned ones do not bring.
        return p.input.width + p.weight.width + (not p.input.signed and not p.weight.signed)

    @property
    def captured_by_units(self) -> frozenset[int]:
        """Neurons whose unit captures the finished sum itself, ahead of the drain."""
        if not self.captures:
            return frozenset()
        units = self.multipliers.units(self.folding.inputs_per_cycle, self.neurons)
        return frozenset(neuron for kind, _, neuron in units if kind is Multiplier.SELECT)

    @property
    def captures(self) -> bool:
        """Whether the drain captures finished sums."""
        return self.double_buffered and self.places == 1

    @property
    def drain_latency(self) -> int:
        """From sums leaving to output."""
        return self.registered_selection + activation_plan(self.parameters.activation).latency

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        p = self.parameters
        return (Tensor((p.input_count,), p.input, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor((self.parameters.units,), self.parameters.output, self.lanes)

    @classmethod
    def options(cls, layer: Dense, shapes: Sequence[Shape]) -> Iterator["DensePlan"]:
        """Foldings that differ in transfers in or in passes, the narrowest of each."""
        for inputs in steps(layer.input_count):
            for outputs in steps(layer.units):
                yield cls(layer, Folding(inputs, outputs), 1, double_buffered=True)

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    @classmethod
    def chosen(
        cls,
        layer: Dense,
        shapes: Sequence[Shape],
        *,
        folding: Folding = _SMALLEST,
        multipliers: Multipliers | None = None,
    ) -> "DensePlan":
        plan = cls(layer, folding, 1, double_buffered=True, multipliers=multipliers)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, plan.neurons))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers]:
        entries.only("folding", "multipliers")
        return {
            "folding": Folding(**_counts(entries, "folding", Folding, least=1)),
            "multipliers": Multipliers(**_counts(entries, "multipliers", Multipliers, least=0)),
        }

    @property
    def memories(self) -> tuple[Writable, ...]:
        return self.written if self.reloadable else ()

    def reloadable_too(self) -> "DensePlan":
        if not self.parameters.writable:
            raise ValueError(
                "expected weights with room for others, which are quantised for it, got constants"
            )
        return replace(self, reloadable=True)

    def giving(self, lanes: int) -> "DensePlan":
        return replace(self, lanes=lanes_between(self.units, self.folding, lanes))

    def within(self, interval: int) -> "DensePlan":
        # With time to spare, sums need not be captured.
        waiting = replace(self, double_buffered=False)
        return waiting if waiting.times.interval <= interval else self


def _counts(entries: Fields, key: str, kind: type, *, least: int) -> dict[str, int]:
    """Whole numbers for each field of ``kind``, of a dictionary among ``entries``."""
    counts = Fields(entries.values[key], entries.source, entries.place(key))
    names = [field.name for field in fields(kind)]
    counts.only(*names)
    return {name: counts.integer(name, least, _MOST) for name in names}


def dense_layers(model: IntegerModel) -> tuple[Dense, ...]:
    """The dense layers of a model, in order."""
    return tuple(layer for layer in model.layers if isinstance(layer, Dense))


def dense_plans(model: IntegerModel, foldings: Sequence[Folding]) -> list[DensePlan]:
    """Plans of the dense layers of a model by themselves, whatever comes before and behind them.

    Raises
    ------
    ValueError
        If there is not one folding a dense layer.
    """
    layers = dense_layers(model)
    if len(foldings) != len(layers):
        raise ValueError(f"expected {len(layers)} foldings, got {len(foldings)}")
    return [
        DensePlan(layer, folding, 1, double_buffered=True)
        for layer, folding in zip(layers, foldings, strict=True)
    ]
