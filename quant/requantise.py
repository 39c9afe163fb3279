"""Requantisation: one named narrowing from a fixed-point format to another."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.qformat import QFormat
from build_decoder.quant.rounding import Rounding

__all__ = ["Requantise"]


@dataclass(frozen=True)
class Requantise:
    """Parameters of a requantiser from ``source`` to ``target``.

    ``target_raw = saturate(rounding(source_raw * 2**(target.fraction - source.fraction)))``
    """

    source: QFormat
    target: QFormat
    rounding: Rounding = Rounding.HALF_UP

    @property
    def dropped_bits(self) -> int:
        """Fraction bits dropped; negative when zero bits are appended."""
        return self.source.fraction - self.target.fraction

    def compute(self, raw) -> np.ndarray:
        """Raw int64 in ``target`` of ``raw`` in ``source`` (any shape)."""
        return self.target.narrow(raw, self.source.fraction, self.rounding)
