"""Plan of a dense layer: its folding, and what follows from that: counts, memory rows, control."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.dense.memories import DenseMemories
from build_decoder.hdl.layers.dense.neurons_plan import NeuronsPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multiplier
from build_decoder.hdl.planning.writable import Writable
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense

__all__ = ["DensePlan", "dense_layers", "dense_plans"]


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
    """

    name = "dense"
    layer_type = Dense
    writable = True
    selects: ClassVar[bool] = True
    """Whether selecting units can sum the products."""

    reloadable: bool = False
    places: int = 1

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
