"""Sums of windows in parts, and the chains of blocks that add their products."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from build_decoder.hdl.layers.dense.plan import DensePlan

__all__ = ["KeptSums"]


@dataclass(frozen=True)
class KeptSums(DensePlan):
    """The dense layer of a window, all neurons of which go through some of its beats at a time.

    Parameters
    ----------
    chain
        Whether multipliers of a neuron are a chain, each of which adds its product to the sum of
        those before it, if DSP blocks make all products, and those of all inputs alike.
    """

    selects: ClassVar[bool] = False

    chain: bool = False

    @property
    def units_accumulate(self) -> bool:
        """Never: sums go on with others."""
        return False

    @property
    def chained(self) -> bool:
        """Whether there are chains."""
        units, inputs = self.multipliers, self.folding.inputs_per_cycle
        alike = units.packed in (0, inputs * (self.neurons // 2))
        in_blocks = not (units.lut or units.select or self.constant_weights)
        return self.chain and alike and in_blocks

    @property
    def unit_width(self) -> int:
        """Bits of a product or, in a chain, of the sum of those of a beat."""
        if not self.chain:
            return super().unit_width
        p = self.parameters
        ends = [self.weight_rows * end for end in (p.input.min_raw, p.input.max_raw)]
        low, high = np.minimum(*ends).sum(axis=1).min(), np.maximum(*ends).sum(axis=1).max()
        return max(int(high).bit_length(), int(-low - 1).bit_length()) + 1

    @property
    def mac_latency(self) -> int:
        """From a pass's last inputs to finished sums: product, tree or chain, sum."""
        return 2 + self.folding.inputs_per_cycle if self.chained else super().mac_latency
