"""What follows from samples alone, found once for all networks that run on them."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

__all__ = ["InputStatistics"]

Found = TypeVar("Found")


class InputStatistics:
    """Statistics of the inputs of networks that have the same inputs and run on the same samples,
    by the inputs' names."""

    def __init__(self):
        self._found: dict[tuple, object] = {}

    def of(self, name: str, find: Callable[[np.ndarray], Found], x: np.ndarray) -> Found:
        """``find(x)``, with ``x`` (samples, ...) the values of the input ``name``."""
        key = (name, find)
        if key not in self._found:
            self._found[key] = find(x)
        return self._found[key]
