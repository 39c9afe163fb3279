"""Estimates, in six-input LUTs, of what look-ups and lines cost: enough to choose by, no more."""

import numpy as np

__all__ = ["estimate_pwl_luts", "estimate_table_luts"]

_LUT_INPUTS = 6


def estimate_table_luts(entries: np.ndarray, output_width: int) -> int:
    """LUTs of a table of raw ``entries``, int64 (2**input width,), with ``output_width`` bits.

    A LUT for each different block of 64 entries, and what selects among these.
    """
    block = min(len(entries), 1 << _LUT_INPUTS)
    luts = 0
    for bit in range(output_width):
        blocks = np.packbits((entries >> bit & 1).astype(np.uint8).reshape(-1, block), axis=1)
        different = len(np.unique(blocks, axis=0))
        luts += different + different // 4
    return luts


def estimate_pwl_luts(
    *,
    folded: bool,
    position_bits: int,
    step_bits: int,
    segments: int,
    offset_bits: int,
    slope_bits: int,
    intercept_bits: int,
) -> int:
    """LUTs of a piecewise-linear form; the widths are those of the hardware's signals.

    Inverters that fold the input, the segment's number and the block's distance from its start,
    the coefficients, and a row of adders for each bit of the offset. Where each block is a segment,
    it needs no finding.
    """
    block_bits, segment_bits = position_bits - step_bits, (segments - 1).bit_length()
    found_bits = 0
    if segments < 1 << block_bits:
        found_bits = segment_bits + max(offset_bits - step_bits, 0)
    luts = found_bits * _rom_luts(block_bits) + (position_bits if folded else 0)
    luts += slope_bits * _rom_luts(segment_bits) + intercept_bits * _rom_luts(segment_bits + folded)
    if offset_bits and slope_bits:
        luts += offset_bits * (slope_bits + 1) + intercept_bits
    return luts


def _rom_luts(address_bits: int) -> int:
    """LUTs of one bit of a read-only memory."""
    return 1 << max(address_bits - _LUT_INPUTS, 0) if address_bits else 0
