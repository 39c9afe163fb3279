"""The products of attention in floating point as a dense layer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from build_decoder.hdl.floating.dense.plan import FloatDensePlan, Operands, ProductPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.floating.attention import FloatAttention
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.qformat import QFormat

__all__ = ["FloatScores"]


@dataclass(frozen=True)
class FloatScores(FloatDensePlan):
    """A dense layer of one neuron, a step after the other, whose units multiply significands with
    powers as well.

    Parameters
    ----------
    power
        Bits of a power.
    """

    constant_weights: ClassVar[bool] = False

    power: int = 1

    @classmethod
    def of(
        cls, layer: FloatAttention, lanes: int, multipliers: Multipliers | None
    ) -> "FloatScores":
        """Products of ``lanes`` channels of ``layer`` a cycle."""
        format = layer.input
        dense = FloatDense(
            input=format, greatest=layer.greatest, least=layer.least, weight=format, output=format,
            weights=layer.weights, biases=np.zeros(1, dtype=np.int64),
        )  # fmt: skip
        return cls(
            dense, Folding(lanes, 1), 1, False, multipliers, power=layer.power.output.width
        )

    @property
    def products(self) -> ProductPlan:
        width = max(self.words.significand.width, self.power + 1)
        return ProductPlan(Operands(self.taken.significand, QFormat(width, 0)), False)
