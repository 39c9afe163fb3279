"""FCLK0, the clock that the processing system makes for the logic."""

import itertools
from dataclasses import dataclass

from build_decoder.models.errors import InputError

__all__ = ["IO_PLL_MHZ", "FclkDividers", "fclk_dividers"]

IO_PLL_MHZ = 1000
"""Frequency of the IO PLL that the boot image of a PYNQ-Z1 sets, 20 times its 50 MHz crystal. The
driver reads the clock back on the board, and refuses another."""

_DIVISORS = range(1, 64)
# Xilinx DS187 (Zynq-7020 data sheet), table "PL Clock Switching Characteristics": FCLK.
_MOST_MHZ = 250
_TOLERANCE = 0.01


@dataclass(frozen=True)
class FclkDividers:
    """Settings of FCLK0, ``IO_PLL_MHZ / divisor0 / divisor1``."""

    divisor0: int
    divisor1: int

    @property
    def mhz(self) -> float:
        """Frequency, MHz."""
        return IO_PLL_MHZ / (self.divisor0 * self.divisor1)


def fclk_dividers(mhz: float) -> FclkDividers:
    """Settings for the frequency nearest to ``mhz``.

    Raises
    ------
    InputError
        If nothing within 1 % of it can be made.
    """
    pairs = itertools.combinations_with_replacement(reversed(_DIVISORS), 2)
    made = (FclkDividers(*pair) for pair in pairs)
    # Of equals, divisors that are alike.
    best = min(made, key=lambda d: (abs(d.mhz - mhz), d.divisor0))
    if not mhz <= _MOST_MHZ or abs(best.mhz - mhz) > _TOLERANCE * mhz:
        least = IO_PLL_MHZ / _DIVISORS[-1] ** 2
        near = f", such as {best.mhz:.6g} MHz" if least <= mhz <= _MOST_MHZ else ""
        raise InputError(
            f"clock: expected {least:.3g} to {_MOST_MHZ} MHz that FCLK0 makes from {IO_PLL_MHZ} "
            f"MHz within 1 %{near}, got {mhz:g} MHz"
        )
    return best
