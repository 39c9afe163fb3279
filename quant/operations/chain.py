"""Operations one after the other, as one."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Chain"]


@dataclass(frozen=True, eq=False)
class Chain:
    """The operations in order, each on what the one before gives."""

    operations: tuple

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Raw results of the last operation."""
        for operation in self.operations:
            raw = operation.compute(raw)
        return raw
