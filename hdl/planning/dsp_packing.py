"""Packing: two products, or two sums of products, in one wide multiplier."""

from dataclasses import dataclass

import numpy as np

__all__ = ["DspPacking"]


@dataclass(frozen=True)
class DspPacking:
    """Two neurons that share an input share a multiplier::

        (high * 2**field + low) * x = (high * x) * 2**field + low * x

    and so do their running sums. The low field would borrow from the high one whenever it is
    negative. The correction: a sum starts from ``2**(field - 1)`` more, so that its low field ends
    in ``0`` to ``2**field - 1``, which is the low sum with its sign bit inverted (offset binary),
    and the bits above are the high sum, exactly.

    Parameters
    ----------
    field
        Bits of the low field. Must be at least the width of the low sum in two's complement; what
        a running sum does on its way does not matter.
    """

    field: int

    @property
    def offset(self) -> int:
        """The correction."""
        return 1 << (self.field - 1)

    def pack(self, low, high):
        """Packed weight, or packed start of a sum without the correction, of two raw integers."""
        return (high << self.field) + low

    def start(self, initial: int) -> int:
        """What a packed sum starts from when each of its two sums starts from ``initial``."""
        return self.pack(initial, initial) + self.offset

    def unpack(self, packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Low and high sums, raw int64, of packed sums that started from :meth:`start`."""
        low = (packed & ((1 << self.field) - 1)) - self.offset
        return low, packed >> self.field

    def operand_width(self, low: np.ndarray, high: np.ndarray) -> int:
        """Bits of all packed weights in two's complement, proven from the actual weights."""
        packed = self.pack(low.astype(np.int64), high.astype(np.int64))
        extreme = max(int(packed.max()), -int(packed.min()) - 1, 0)
        return extreme.bit_length() + 1
