"""Where columns of bits of a unit's weights are: in block RAMs or in LUTs."""

import numpy as np

from build_decoder.hdl.planning.memories import MemoryRules
from build_decoder.hdl.planning.weight_rows import varies

__all__ = ["column_luts", "in_block_rams"]


def in_block_rams(columns: np.ndarray, rules: MemoryRules) -> np.ndarray:
    """Which of the columns, bool (columns, rows), are in block RAMs: those that take most LUTs, as
    many of them as it costs least to have there."""
    luts = column_luts(columns, rules)
    order = np.argsort(-luts, kind="stable")
    saved = np.concatenate([[0], np.cumsum(luts[order])])
    rows = columns.shape[1]
    price = rules.bram_luts / rules.blocks
    costs = [
        price * (rules.block_rams(rows, count) if count else 0) - saved[count]
        for count in range(len(columns) + 1)
    ]
    chosen = np.zeros(len(columns), dtype=bool)
    chosen[order[: int(np.argmin(costs))]] = True
    return chosen


def column_luts(columns: np.ndarray, rules: MemoryRules) -> np.ndarray:
    """LUTs that each of the columns, bool (columns, rows), takes: its truth tables that are not
    constant, and what selects among them."""
    deep, rows = rules.lut_rows, columns.shape[1]
    tables = sum(varies(columns[:, start : start + deep]) for start in range(0, rows, deep))
    joined = -(-rows // rules.joined_rows) - 1
    selecting = -(-joined // max(rules.lut_inputs // 2, 1))
    return np.asarray(tables + selecting, dtype=np.int64)
