"""From exact sums to outputs, as one addition, one shift and one limit."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.activations.linear import Linear
from build_decoder.quant.activations.relu import Relu
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.weighted_layer import WeightedLayer

__all__ = ["Narrowing"]


@dataclass(frozen=True, eq=False)
class Narrowing:
    """All that a layer does behind its exact sums::

        output[f] = limit((((exact + start) & ~low_bits) + constants[f] & ~late_bits) >> shift,
                          lows[f], highs[f])

    Roundings are additions and flooring; flooring a number twice is flooring it once where the
    second one is the coarser, and what is added between them may be floored before. Limits, and a
    ReLU among them, are monotone, so that those of the accumulator, the sum and the output are one
    limit of the output, a filter each.

    Parameters
    ----------
    start
        What exact sums start from.
    low_bits, late_bits
        Masks of bits that are dropped before the constant and after it.
    shift
        Bits dropped in the end; those that ``late_bits`` has above stay as zeros.
    constants, lows, highs
        Raw int64 (filters).
    """

    start: int
    low_bits: int
    late_bits: int
    shift: int
    constants: np.ndarray
    lows: np.ndarray
    highs: np.ndarray

    @classmethod
    def of(cls, layer: WeightedLayer, target: QFormat) -> "Narrowing":
        """That of a layer whose outputs are kept in ``target``, which holds them exactly.

        Raises
        ------
        ValueError
            If its activation is neither linear nor a ReLU, or a node has more fraction bits than
            products.
        """
        if not isinstance(layer.activation, Linear | Relu):
            raise ValueError(
                f"expected a linear activation or a ReLU, got {type(layer.activation).__name__}"
            )
        biased, exact = layer.biased_sum, layer.products.fraction
        if max(layer.sum.fraction, target.fraction) > exact:
            raise ValueError(
                f"expected at most {exact} fraction bits, which are all that products have, got "
                f"{layer.sum} and {target}"
            )
        finest = max(layer.accumulator.fraction, layer.sum.fraction)
        bias = _shifted(biased.stored_biases, finest - biased.aligned_fraction)
        constants = _shifted(bias, exact - finest)
        kept = min(layer.sum.fraction, layer.output.fraction)
        if layer.output.fraction < layer.sum.fraction:
            constants = constants + (1 << (exact - kept - 1))
        first = biased.dropped
        if kept <= layer.accumulator.fraction:
            # The floor behind it does what the one before it would, if the constant has no finer
            # bits: the sums that it is added to have none.
            constants = constants >> first << first
            first = 0
        ends = np.array([[layer.accumulator.min_raw], [layer.accumulator.max_raw]])
        ends = np.broadcast_to(ends << biased.dropped, (2, len(constants)))
        chain = layer.operations[-1].compute(ends.astype(np.float64)).astype(np.int64)
        lows, highs = chain << (target.fraction - layer.output.fraction)
        return cls(
            start=biased.rounding_constant,
            low_bits=(1 << first) - 1,
            late_bits=(1 << (exact - kept)) - 1,
            shift=exact - target.fraction,
            constants=constants,
            lows=lows,
            highs=highs,
        )

    def compute(self, exact: np.ndarray) -> np.ndarray:
        """Raw outputs (..., filters) of raw exact sums."""
        total = (exact + self.start & ~self.low_bits) + self.constants
        return np.clip((total & ~self.late_bits) >> self.shift, self.lows, self.highs)


def _shifted(raw: np.ndarray, bits: int) -> np.ndarray:
    return raw << bits if bits >= 0 else raw >> -bits
