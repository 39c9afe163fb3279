"""Sizes of look-ups and lines in logic, to choose between forms by and for no more.

The unit is what holds one bit: a truth table of six inputs, or a bit of an adder.
"""

import numpy as np

__all__ = ["lines_size", "table_size"]

_TABLE_INPUTS = 6


def table_size(entries: np.ndarray, output_width: int) -> int:
    """Size of a table of raw ``entries``, int64 (2**input width,), with ``output_width`` bits.

    A truth table for each different block of 64 entries, and what selects among these.
    """
    block = min(len(entries), 1 << _TABLE_INPUTS)
    size = 0
    for bit in range(output_width):
        blocks = np.packbits((entries >> bit & 1).astype(np.uint8).reshape(-1, block), axis=1)
        # As one number each, where they have its bits: rows are slow to tell apart.
        whole = blocks.view(np.uint64) if block == 64 else blocks
        different = len(np.unique(whole, axis=0 if block < 64 else None))
        size += different + different // 4
    return size


def lines_size(
    *,
    folded: bool,
    position_bits: int,
    step_bits: int,
    segments: int,
    offset_bits: int,
    slope_bits: int,
    intercept_bits: int,
) -> int:
    """Size of a piecewise-linear form; the widths are those of its signals.

    Inverters that fold the input, the segment's number and the block's distance from its start,
    the coefficients, and a row of adders for each bit of the offset. Where each block is a segment,
    it needs no finding.
    """
    block_bits, segment_bits = position_bits - step_bits, (segments - 1).bit_length()
    found_bits = 0
    if segments < 1 << block_bits:
        found_bits = segment_bits + max(offset_bits - step_bits, 0)
    size = found_bits * _look_up_size(block_bits) + (position_bits if folded else 0)
    size += slope_bits * _look_up_size(segment_bits)
    size += intercept_bits * _look_up_size(segment_bits + folded)
    if offset_bits and slope_bits:
        size += offset_bits * (slope_bits + 1) + intercept_bits
    return size


def _look_up_size(address_bits: int) -> int:
    """Size of one bit that is looked up."""
    return 1 << max(address_bits - _TABLE_INPUTS, 0) if address_bits else 0
