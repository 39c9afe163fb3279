"""An order in which the values of one sample are gone through."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Walk"]


@dataclass(frozen=True)
class Walk:
    """Nested loops over the values of one sample, the last loop fastest.

    Step ``(i, j, ...)`` takes the value ``start + i * stride_0 + j * stride_1 + ...`` of the
    sample, counted with its last axis fastest. A step beside the sample takes zero.

    Parameters
    ----------
    loops:
        (count, stride) of each loop, counts from 1 up.
    start:
        Value that the first step takes.
    """

    loops: tuple[tuple[int, int], ...]
    start: int = 0

    def __post_init__(self):
        for loop in self.loops:
            if len(loop) != 2 or loop[0] < 1:
                raise ValueError(f"expected loops (count from 1 up, stride), got {loop}")

    @property
    def count(self) -> int:
        """Steps in all."""
        return math.prod(count for count, _ in self.loops)

    @cached_property
    def indices(self) -> np.ndarray:
        """The value that each step takes, int64 (steps,); where it lies beside, so does it here."""
        indices = np.array([self.start], dtype=np.int64)
        for count, stride in self.loops:
            indices = (indices[:, None] + stride * np.arange(count)).reshape(-1)
        return indices

    def of(self, values: np.ndarray) -> np.ndarray:
        """The values that are met, (samples, steps), of (samples, ...) ones."""
        flat = values.reshape(len(values), math.prod(values.shape[1:]))
        inside = (self.indices >= 0) & (self.indices < flat.shape[1])
        if inside.all():
            return flat[:, self.indices]
        taken = np.zeros((len(flat), self.count), dtype=flat.dtype)
        taken[:, inside] = flat[:, self.indices[inside]]
        return taken
