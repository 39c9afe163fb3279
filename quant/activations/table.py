"""An activation as a table of all its results: exact, and cheapest where the input is narrow."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.qformat import QFormat

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """``y = entries[raw - input.min_raw]``.

    Raises
    ------
    ValueError
        If there is not one entry for each input code or one is outside of the output.
    """

    input: QFormat
    output: QFormat
    entries: tuple[int, ...]

    def __post_init__(self):
        if len(self.entries) != 1 << self.input.width:
            raise ValueError(
                f"expected {1 << self.input.width} entries for {self.input}, got "
                f"{len(self.entries)}"
            )
        low, high = min(self.entries), max(self.entries)
        if low < self.output.min_raw or high > self.output.max_raw:
            raise ValueError(
                f"expected entries in {self.output}, raw {self.output.min_raw} to "
                f"{self.output.max_raw}, got {low} to {high}"
            )

    def compute(self, raw) -> np.ndarray:
        """Raw int64 in ``output`` of ``raw`` in ``input`` (any shape)."""
        position = np.asarray(raw, dtype=np.int64) - self.input.min_raw
        return np.array(self.entries, dtype=np.int64)[position]
