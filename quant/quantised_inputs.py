"""Inputs in the formats that a search tries."""

from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carrier
from build_decoder.quant.qformat import QFormat, exact_fraction
from build_decoder.quant.remembered_arrays import RememberedArrays

__all__ = ["QuantisedInputs"]

_REMEMBERED_BYTES = 1 << 28
"""Bytes of raw inputs that are kept."""


class QuantisedInputs:
    """Raw inputs in each format, quantised once for all networks that run on them.

    Parameters
    ----------
    x
        Real inputs (samples, inputs).
    """

    def __init__(self, x: np.ndarray):
        self._x = x
        self._raw = RememberedArrays(_REMEMBERED_BYTES)

    @cached_property
    def fraction(self) -> int:
        """Fewest fraction bits that hold them all; the most that a format has, if none do."""
        return exact_fraction(self._x)

    def raw(self, format: QFormat) -> np.ndarray:
        """Raw inputs (samples, inputs) in ``format``, in the type that carries them."""
        found = self._raw.get((format,))
        if found is None:
            found = format.quantise(self._x, carrier(format.width))
            self._raw.put((format,), found)
        return found
