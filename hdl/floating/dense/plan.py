"""Plan of a dense layer in floating point."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.floating.operands import TakenInputs, WeightWords
from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.hdl.layers.dense.neurons_plan import NeuronsPlan
from build_decoder.hdl.planning.weight_rows import weight_rows
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.qformat import QFormat

__all__ = ["FloatDensePlan", "ProductPlan"]


@dataclass(frozen=True)
class Operands:
    """Formats of both operands of a product, both signed."""

    input: QFormat
    weight: QFormat


@dataclass(frozen=True)
class ProductPlan:
    """What a :class:`hdl.parts.mac_unit.MacUnit` must know to make products of significands.

    Parameters
    ----------
    parameters
        The operands.
    constant_weights
        Whether weights are not loaded.
    """

    parameters: Operands
    constant_weights: bool

    units_accumulate: ClassVar[bool] = False
    pipelined_products: ClassVar[bool] = False

    @property
    def unit_width(self) -> int:
        """Bits of a product."""
        return self.parameters.input.width + self.parameters.weight.width


@dataclass(frozen=True)
class FloatDensePlan(NeuronsPlan):
    """Plan of a dense layer in floating point: the control of any other dense layer.

    Inputs are taken from their range in a cycle of their own. A product of significands is shifted
    to its place and added as a whole number; sums are rounded in the drain.
    """

    name = "float_dense"
    layer_type = FloatDense

    reloadable: ClassVar[bool] = False
    places: ClassVar[int] = 1
    captured_by_units: ClassVar[frozenset[int]] = frozenset()

    @cached_property
    def taken(self) -> TakenInputs:
        """How inputs come to the multipliers."""
        return TakenInputs(self.parameters.range)

    @cached_property
    def words(self) -> WeightWords:
        """What is stored of weights."""
        p = self.parameters
        return WeightWords.of(p.weight, p.weights, p.sums.least_weight)

    @property
    def products(self) -> ProductPlan:
        """What the units that multiply must know."""
        return ProductPlan(
            Operands(self.taken.significand, self.words.significand), self.constant_weights
        )

    @property
    def weight_rows(self) -> np.ndarray:
        return self.rows_of(self.words.words)

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """Words (inputs, units) as rows."""
        return weight_rows(words, self.folding.inputs_per_cycle, self.neurons)

    @property
    def captures(self) -> bool:
        return self.double_buffered

    @property
    def mac_latency(self) -> int:
        """As of any dense layer, behind inputs that are taken."""
        return super().mac_latency + 1

    @property
    def rounding(self) -> Rounding:
        """Rounding of sums, or of what an activation makes of them."""
        p = self.parameters
        if p.form is not None:
            form = p.form.output
            # A bit more, for the size of the least number.
            return Rounding(form.width + form.signed, form.signed, -form.fraction, p.output)
        total = p.sums.total
        return Rounding(total.width - p.rectified, not p.rectified, total.least, p.output)

    @property
    def drain_latency(self) -> int:
        """From sums leaving to output: selection, bias, activation, rounding."""
        form = self.parameters.form
        activation = 0 if form is None else activation_plan(form).latency
        return self.registered_selection + 1 + activation + self.rounding.latency
