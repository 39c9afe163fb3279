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
"""Tables of wider inputs that are kept: at most 512 KiB each. They serve where more values are
asked for than there are codes, at once, as of a layer of many neurons, or one time after the other,
as in a search."""

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
        table = self._table(raw.size)
        if table is None:
            return self.activation.compute(raw).astype(self.kind)
        # NumPy looks into a table in less time by int32 than by intp, conversion included.
        return table.take((raw - self.activation.input.min_raw).astype(np.int32))

    def _table(self, values: int) -> np.ndarray | None:
        """Results of all codes, least first, for so many values; None: make them of these."""
        same = _Same(self.activation)
        if self.activation.input.width <= _TABLE_WIDTH:
            return _results(same)
        if self.activation.input.width <= _WIDEST_TABLE:
            return _wide_results(same).asked_for(values)
        return None


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


class _Wide:
    """A table that is made when as many values were asked for as it has codes."""

    def __init__(self, key: _Same):
        self._key = key
        self._asked = 0
        self._table: np.ndarray | None = None

    def asked_for(self, values: int) -> np.ndarray | None:
        """The table for so many values more; None if it is not worth it yet."""
        self._asked += values
        if self._table is None and self._asked > 1 << self._key.activation.input.width:
            self._table = _all_results(self._key)
        return self._table


_results = lru_cache(maxsize=4096)(_all_results)
_wide_results = lru_cache(maxsize=_WIDE_TABLES)(_Wide)
