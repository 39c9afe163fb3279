"""Operations one after the other, as one."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Chain"]

_PART = 1 << 16
"""Values that all operations are run on at a time, which then lie in a cache."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The operations in order, each on the result of the one before.

    Parameters
    ----------
    operations
        Operations that treat each sample by itself.
    """

    operations: tuple

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Raw results (samples, ...) of the last operation."""
        most = max(_PART * len(raw) // max(raw.size, 1), 1)
        first = self._run(raw[:most])
        if most >= len(raw):
            return first
        results = np.empty((len(raw), *first.shape[1:]), first.dtype)
        results[:most] = first
        for start in range(most, len(raw), most):
            results[start : start + most] = self._run(raw[start : start + most])
        return results

    def _run(self, raw: np.ndarray) -> np.ndarray:
        for operation in self.operations:
            raw = operation.compute(raw)
        return raw
