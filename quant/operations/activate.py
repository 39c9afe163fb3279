"""An integer activation on many values at once."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.carrier import carried, carrier

__all__ = ["Activate"]

_TABLE_WIDTH = 12
"""Widest input, in bits, of which all results are kept in a table: at most 16 KiB."""

_WIDE_TABLES = 32
"""Tables of wider inputs that are kept: at most 512 KiB each. They serve where there are more
values than codes, as of a layer of many neurons."""

_WIDEST_TABLE = 16


@dataclass(frozen=True, eq=False)
class Activate:
    """``activation.compute(raw)``, from a table of all its results where the input is narrow.

    Parameters
    ----------
    activation
        The parameter object.
    """

    activation: IntegerActivation

    @property
    def kind(self) -> type[np.floating]:
        """Type of the results."""
        return carrier(self.activation.output.width)

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Raw results of raw inputs, any shape."""
        if getattr(self.activation, "takes_carried", False):
            # One narrowing, which costs less than to look into a table.
            both = max(self.activation.input.width, self.activation.output.width)
            return self.activation.compute(carried(raw, carrier(both)))
        width = self.activation.input.width
        if width <= _TABLE_WIDTH or (width <= _WIDEST_TABLE and raw.size > 1 << width):
            table = (_results if width <= _TABLE_WIDTH else _wide_results)(_Same(self.activation))
            return table[(raw - self.activation.input.min_raw).astype(np.intp)]
        return self.activation.compute(raw).astype(self.kind)


class _Same:
    """A parameter object as a key that is compared by identity, not by all its numbers."""

    __slots__ = ("activation",)

    def __init__(self, activation: IntegerActivation):
        self.activation = activation

    def __hash__(self):
        return id(self.activation)

    def __eq__(self, other):
        return self.activation is other.activation


def _all_results(key: _Same) -> np.ndarray:
    """Raw results of all input codes, least code first."""
    input, output = key.activation.input, key.activation.output
    codes = np.arange(input.min_raw, input.max_raw + 1)
    return key.activation.compute(codes).astype(carrier(output.width))


_results = lru_cache(maxsize=4096)(_all_results)
_wide_results = lru_cache(maxsize=_WIDE_TABLES)(_all_results)
