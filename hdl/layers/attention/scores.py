"""The products of attention as a dense layer: scores of a step, and values times their power."""

from dataclasses import dataclass

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.layers.attention import Attention
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat

__all__ = ["Scores"]


@dataclass(frozen=True)
class Scores(DensePlan):
    """A dense layer of one neuron, a step after the other, whose units multiply with powers as
    well: units give products, of operands that are loaded."""

    @classmethod
    def of(
        cls,
        layer: Attention,
        operand: QFormat,
        lanes: int,
        multipliers: Multipliers | None,
        reloadable: bool,
    ) -> "Scores":
        """Products of ``lanes`` channels of ``layer`` a cycle, which come as ``operand``."""
        attend = layer.attend
        weight, power = attend.weights.format, attend.power.output
        width = max(format.width + (not format.signed) for format in (weight, power))
        parameters = Dense(
            input=operand,
            weight=QFormat(width - weight.fraction, weight.fraction),
            accumulator=attend.accumulator,
            bias=attend.biases.format,
            weights=attend.weights.raw,
            biases=attend.biases.raw[0],
            activation=attend.power,
            reach=attend.weights.reach,
        )
        return cls(parameters, Folding(lanes, 1), 1, False, multipliers, reloadable)

    @property
    def units_accumulate(self) -> bool:
        """Never: a unit's products go into several sums."""
        return False

    @property
    def constant_weights(self) -> bool:
        """Never, since powers change."""
        return False
