"""Top bits of weights that no block RAM has to store.

All layers share a memory of weights as wide as those of the widest one, and most rows are of layers
with narrower ones: there, the highest bits are copies of the one below them, their sign. What a
block RAM is saved for are the few places in which they are not.
"""

import numpy as np

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.areas import Area

__all__ = ["differences", "lut_estimate", "top_bits"]

_LUTS = 7, 10
"""So many of so many differences; measured on the 7 series: 21 LUTs of 15 differences, 104 of
153."""


def differences(rows: np.ndarray, width: int, count: int) -> np.ndarray:
    """Where each of the ``count`` top bits of ``width`` differs from the bit below it: bool
    (rows, weights, count), the lowest of them first, of raw int64 (rows, weights)."""
    bits = rows[..., None] >> np.arange(width - count - 1, width) & 1
    return bits[..., 1:] != bits[..., :-1]


def lut_estimate(rows: np.ndarray, width: int, count: int) -> int:
    """About how many LUTs tell these differences."""
    return _luts(int(differences(rows, width, count).sum())) if count else 0


def top_bits(rows: np.ndarray, width: int, family: Family, memories: int = 1) -> int:
    """How many of the top bits of weights are cheapest made from the bit below them.

    Parameters
    ----------
    rows
        Raw int64 (rows, weights).
    width
        Bits of a weight.
    memories
        Memories that the weights of a row are in, as many of them in each.
    """
    memory, weights = family.memory, rows.shape[1] // memories
    if width == 1 or not memory.fits_block_ram(len(rows), weights * width):
        return 0
    lowest_first = differences(rows, width, width - 1).sum(axis=(0, 1)).tolist()

    def cost(count: int) -> float:
        blocks = memories * memory.block_rams(len(rows), weights * (width - count))
        luts = _luts(sum(lowest_first[width - 1 - count :]))
        return family.cost(Area(lut=luts, bram=blocks / memory.blocks))

    return min(range(width), key=cost)


def _luts(differing: int) -> int:
    luts, of = _LUTS
    return luts * differing // of
