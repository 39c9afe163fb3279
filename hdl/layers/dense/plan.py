"""Plan of a dense layer: its folding, and what follows from that: counts, memory rows, control."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.dense.memories import DenseMemories
from build_decoder.hdl.layers.dense.neurons_plan import NeuronsPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.hdl.planning.writable import Writable
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense

__all__ = ["DensePlan", "dense_layers", "dense_plans"]

_PIPELINED = "pipelined_products"


@dataclass(frozen=True)
class DensePlan(DenseMemories, NeuronsPlan):
    """Plan of a dense layer.

    Parameters
    ----------
    parameters, folding, lanes, double_buffered, multipliers
        As of :class:`~hdl.layers.dense.neurons_plan.NeuronsPlan`.
    reloadable
        Whether weights and biases are written at run time. The hardware then follows from formats
        alone, never from the weights and biases that there are.
    places
        Passes whose captured sums, or sums to come, can wait until they are drained: 1, which the
        drain captures, or a power of two. Others than whoever brings inputs to
        :class:`~hdl.parts.neurons.Neurons` by itself have 1.
    pipelined_products
        Products take two cycles: those of blocks have their operands registered, those in LUTs
        their partial products. Selecting units have none.

    Raises
    ------
    ValueError
        If products are pipelined, and units select them.
    """

    name = "dense"
    layer_type = Dense
    writable = True
    selects: ClassVar[bool] = True
    """Whether selecting units can sum the products."""

    reloadable: bool = False
    places: int = 1
    pipelined_products: bool = False

    def __post_init__(self):
        super().__post_init__()
        if self.pipelined_products and self.multipliers.select:
            raise ValueError("expected products that are made, to pipeline them, got selected ones")

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
    def choices(self) -> Mapping[str, Folding | Multipliers | bool]:
        pipelined = {_PIPELINED: True} if self.pipelined_products else {}
        return {**super().choices, **pipelined}

    @classmethod
    def chosen(
        cls,
        layer: Dense,
        shapes: Sequence[Shape],
        *,
        pipelined_products: bool = False,
        **choices: Folding | Multipliers,
    ) -> Self:
        plan = super().chosen(layer, shapes, **choices)
        return replace(plan, pipelined_products=pipelined_products)

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers | bool]:
        others = {name: value for name, value in entries.values.items() if name != _PIPELINED}
        pipelined = {_PIPELINED: entries.flag(_PIPELINED)} if _PIPELINED in entries.values else {}
        return {**super().read_choices(replace(entries, values=others)), **pipelined}

    @property
    def memories(self) -> tuple[Writable, ...]:
        return self.written if self.reloadable else ()

    def reloadable_too(self) -> "DensePlan":
        if not self.parameters.writable:
            raise ValueError(
                "expected weights with room for others, which are quantised for it, got constants"
            )
        return replace(self, reloadable=True)


def dense_layers(model: IntegerModel) -> tuple[DenseShape, ...]:
    """The dense layers of a model, in order, whatever their arithmetic is."""
    return tuple(layer for layer in model.layers if isinstance(layer, DenseShape))


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
