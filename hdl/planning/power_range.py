"""Least and greatest power that values are weighted or normalised by."""

from functools import lru_cache

import numpy as np

from build_decoder.quant.activations import IntegerActivation

__all__ = ["power_range"]


@lru_cache(maxsize=64)
def power_range(power: IntegerActivation, greatest: int) -> tuple[int, int]:
    """Least and greatest raw power of inputs up to raw ``greatest``.

    Raises
    ------
    ValueError
        If one is negative.
    """
    every = power.compute(np.arange(power.input.min_raw, greatest + 1))
    least, most = int(every.min()), int(every.max())
    if least < 0:
        raise ValueError(
            f"expected powers that are not negative, got raw {least} in {power.output}"
        )
    return least, most
