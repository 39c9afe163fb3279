"""The rectified linear unit, exact."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from build_decoder.quant.activations import realises
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise

__all__ = ["Relu"]


@realises("relu")
@dataclass(frozen=True)
class Relu:
    """``output = requantise(max(input, 0))``, rounded half up and saturated."""

    input: QFormat
    output: QFormat

    takes_carried: ClassVar[bool] = True

    @property
    def narrowing(self) -> Requantise:
        """The one narrowing, after the rectifier."""
        return Requantise(self.input, self.output)

    def compute(self, raw) -> np.ndarray:
        """Raw int64 in ``output`` of ``raw`` in ``input`` (any shape)."""
        # Many times as fast as a maximum with one number.
        return self.narrowing.compute(np.clip(raw, 0, self.input.max_raw))
