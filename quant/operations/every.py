"""One value of each so many rows and columns."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Every"]


@dataclass(frozen=True)
class Every:
    """Values at every ``size``-th row and column, from the first one on."""

    size: tuple[int, int]

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw (samples, rows, columns, channels) of raw ones of the same format."""
        return x[:, :: self.size[0], :: self.size[1]]
