"""Samples of all contacts that are read from a file a block at a time."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

__all__ = ["BLOCK", "FileSamples", "HdfSamples", "HeldFile", "Samples", "blocks"]

BLOCK = 2**18
"""Samples of a block: 8.7 s at 30 kHz, 59 MB of 56 contacts as float32."""


class Samples:
    """Samples that lie in a file: what an array of (samples, channels) is to its reader.

    ``samples[a:b]`` reads rows. `numpy.asarray` reads all of them.
    """

    shape: tuple[int, int]
    dtype: np.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, step = rows.indices(len(self))
        return self._read(start, max(stop, start))[::step]

    @property
    def size(self) -> int:
        """Values in all."""
        return self.shape[0] * self.shape[1]

    @property
    def T(self) -> "Samples":
        """The same file read the other way round: its rows are channels."""
        raise NotImplementedError

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def _read(self, start: int, stop: int) -> np.ndarray:
        raise NotImplementedError


class HeldFile(io.FileIO):
    """An open file that is closed, without a warning, once nothing refers to it any more."""

    @classmethod
    def of(cls, stream: BinaryIO) -> "HeldFile":
        """The file that `stream` has open, which may then be closed."""
        stream.flush()
        return cls(os.dup(stream.fileno()))

    def __del__(self):
        self.close()


@dataclass(frozen=True)
class FileSamples(Samples):
    """Samples that lie uncompressed in an open file.

    Parameters
    ----------
    stream, offset:
        The file, and the byte of it where they begin.
    dtype, shape:
        Their type, and (samples, channels).
    by_channel:
        Whether all samples of a channel lie together, and not all channels of a sample.
    """

    stream: HeldFile
    offset: int
    dtype: np.dtype
    shape: tuple[int, int]
    by_channel: bool

    @property
    def T(self) -> "FileSamples":
        return replace(self, shape=self.shape[::-1], by_channel=not self.by_channel)

    def _read(self, start: int, stop: int) -> np.ndarray:
        samples, channels = self.shape
        if not self.by_channel:
            values = self._values(start * channels, (stop - start) * channels)
            return values.reshape(-1, channels)
        block = np.empty((stop - start, channels), self.dtype)
        for channel in range(channels):
            block[:, channel] = self._values(channel * samples + start, stop - start)
        return block

    def _values(self, first: int, count: int) -> np.ndarray:
        self.stream.seek(self.offset + first * self.dtype.itemsize)
        values = np.fromfile(self.stream, self.dtype, count)
        if len(values) < count:
            raise OSError(0, "a file that became shorter", getattr(self.stream, "name", None))
        return values


@dataclass(frozen=True)
class HdfSamples(Samples):
    """Samples of an HDF5 data set (`h5py.Dataset`), (samples, channels) or turned."""

    dataset: Any
    turned: bool

    @property
    def shape(self) -> tuple[int, int]:
        shape = self.dataset.shape
        return shape[::-1] if self.turned else shape

    @property
    def dtype(self) -> np.dtype:
        return self.dataset.dtype

    @property
    def T(self) -> "HdfSamples":
        return replace(self, turned=not self.turned)

    def _read(self, start: int, stop: int) -> np.ndarray:
        return self.dataset[:, start:stop].T if self.turned else self.dataset[start:stop]


def blocks(
    counts: np.ndarray | Samples, *, margin: int = 0, unit: int = 1
) -> Iterator[tuple[int, int, int, np.ndarray]]:
    """All samples, a block of `BLOCK` at a time.

    Parameters
    ----------
    counts:
        (samples, channels).
    margin:
        Samples before and after each block that are read with it, as far as there are any.
    unit:
        Blocks but the last are a multiple of it.

    Yields
    ------
    First sample of the block, the sample after its last, the first sample read, and what was
    read, (read, channels).
    """
    size = max(BLOCK // unit, 1) * unit
    for start in range(0, len(counts), size):
        stop = min(start + size, len(counts))
        first = max(start - margin, 0)
        yield start, stop, first, counts[first : stop + margin]
