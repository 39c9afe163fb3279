"""An activation in floats, its result rounded: no hardware, but good for a search."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from build_decoder.quant.qformat import QFormat

__all__ = ["Ideal"]


@dataclass(frozen=True)
class Ideal:
    """``output.quantise(function(input))``, which generated forms of wide inputs come near to.

    Parameters
    ----------
    input, output
        Formats.
    function
        From float64 to float64, any shape.
    """

    input: QFormat
    output: QFormat
    function: Callable[[np.ndarray], np.ndarray]

    def compute(self, raw) -> np.ndarray:
        """Raw int64 in ``output`` of ``raw`` in ``input`` (any shape)."""
        return self.output.quantise(self.function(self.input.to_real(raw)))
