"""Arrays that are kept for as long as there is room for them."""

from collections import OrderedDict

import numpy as np

__all__ = ["RememberedArrays"]


class RememberedArrays:
    """Arrays by key; where they have more bytes than a limit, those go that were asked for longest
    ago.

    Parameters
    ----------
    limit
        Bytes; a single array may have more.
    """

    def __init__(self, limit: int):
        self._limit = limit
        self._bytes = 0
        self._arrays: OrderedDict[tuple, np.ndarray] = OrderedDict()

    def get(self, key: tuple) -> np.ndarray | None:
        """The array, if it is still there."""
        found = self._arrays.get(key)
        if found is not None:
            self._arrays.move_to_end(key)
        return found

    def put(self, key: tuple, array: np.ndarray) -> None:
        """Keep an array, and drop others for it."""
        self._arrays[key] = array
        self._bytes += array.nbytes
        while self._bytes > self._limit and len(self._arrays) > 1:
            _, dropped = self._arrays.popitem(last=False)
            self._bytes -= dropped.nbytes

    def drop(self, key: tuple) -> None:
        """Keep an array no longer."""
        self._bytes -= self._arrays.pop(key).nbytes
