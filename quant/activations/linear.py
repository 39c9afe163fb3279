"""The linear activation: a requantisation from sum to output."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from build_decoder.quant.activations import realises
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise

__all__ = ["Linear"]


@realises("linear")
@dataclass(frozen=True)
class Linear:
    """``output = requantise(input)``, rounded half up and saturated."""

    input: QFormat
    output: QFormat

    takes_carried: ClassVar[bool] = True

    @property
    def narrowing(self) -> Requantise:
        """The one narrowing."""
        return Requantise(self.input, self.output)

    def compute(self, raw) -> np.ndarray:
        """Raw int64 in ``output`` of ``raw`` in ``input`` (any shape)."""
        return self.narrowing.compute(raw)
