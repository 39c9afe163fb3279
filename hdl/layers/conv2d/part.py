"""What of a window is multiplied in one cycle."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from build_decoder.hdl.planning.folding import steps
from build_decoder.models.layer import Shape

__all__ = ["Part"]


@dataclass(frozen=True)
class Part:
    """A block of a window: ``times`` columns, ``rows`` and ``channels``, all beside each other.

    A window is gone through block by block: channels fastest, then rows, then time, as its weights
    lie. A block has several rows only if it has all channels, and several columns only if it has
    all rows, so that its number of values says which it is.

    Parameters
    ----------
    window
        Columns, rows and channels of a window.
    times, rows, channels
        Of a block.
    """

    window: tuple[int, int, int]
    times: int
    rows: int
    channels: int

    @classmethod
    def options(
        cls, shape: Shape, kernel: tuple[int, int], *, whole: bool = False
    ) -> Iterator[Self]:
        """All blocks, from one value to a whole window, of an image of (time, rows, channels).

        A transfer in has as many channels as a block. It must not end in the middle of a row, so
        that their number divides that of all channels where a column has several rows.

        Parameters
        ----------
        whole
            Whether a block may have nothing beyond the window.
        """
        _, rows, channels = shape
        window = (*kernel, channels)
        for some in steps(channels):
            if rows == 1 or channels % some == 0:
                yield from cls(window, 1, 1, some)._if(whole)
        for some in steps(kernel[1])[1:]:
            yield from cls(window, 1, some, channels)._if(whole)
        for some in steps(kernel[0])[1:]:
            yield from cls(window, some, kernel[1], channels)._if(whole)

    def _if(self, whole: bool) -> Iterator[Self]:
        """It, unless it must be ``whole`` and is not."""
        pairs = zip(self.window, self.size, strict=True)
        if not (whole and any(all % some for all, some in pairs)):
            yield self

    @classmethod
    def of(
        cls, shape: Shape, kernel: tuple[int, int], values: int, *, whole: bool = False
    ) -> Self:
        """The block of so many values; ``whole`` is as for :meth:`options`.

        Raises
        ------
        ValueError
            If there is none.
        """
        every = {part.values: part for part in cls.options(shape, kernel, whole=whole)}
        if values not in every:
            raise ValueError(f"expected {', '.join(map(str, every))} inputs a cycle, got {values}")
        return every[values]

    @property
    def size(self) -> tuple[int, int, int]:
        """Columns, rows and channels of a block."""
        return self.times, self.rows, self.channels

    @property
    def values(self) -> int:
        """Values of a block."""
        return math.prod(self.size)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Blocks of a window along time, rows and channels."""
        return tuple(-(-all // some) for all, some in zip(self.window, self.size, strict=True))

    def in_order(self, weights: np.ndarray) -> np.ndarray:
        """Weights (values, filters) block after block, of (columns, rows, channels, filters); what
        a block has beyond the window is zero."""
        sizes = [count * some for count, some in zip(self.counts, self.size, strict=True)]
        filters = weights.shape[-1]
        padded = np.zeros((*sizes, filters), dtype=np.int64)
        padded[tuple(map(slice, weights.shape))] = weights
        (a, b, c), (i, j, k) = self.counts, self.size
        blocks = padded.reshape(a, i, b, j, c, k, filters).transpose(0, 2, 4, 1, 3, 5, 6)
        return blocks.reshape(-1, filters)

    def from_order(self, weights: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`in_order`."""
        filters = weights.shape[-1]
        (a, b, c), (i, j, k) = self.counts, self.size
        blocks = weights.reshape(a, b, c, i, j, k, filters).transpose(0, 3, 1, 4, 2, 5, 6)
        padded = blocks.reshape(a * i, b * j, c * k, filters)
        return padded[tuple(map(slice, self.window))]
