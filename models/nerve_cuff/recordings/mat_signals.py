"""A large matrix of a ``.mat`` file of version 5 to 7, read in blocks; SciPy reads it whole.

The format is MathWorks' "MAT-File Format". Only what a real, dense matrix needs is understood.
"""

import struct
import tempfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from build_decoder.models.nerve_cuff.recordings.samples import FileSamples, HeldFile

__all__ = ["large_signals"]

_HEADER_BYTES = 128
_COMPRESSED, _MATRIX = 15, 14
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}
_COMPLEX = 0x0800
_CHUNK = 2**20
_HEAD = 2**12  # bytes of an element within which its name lies


def large_signals(path: Path, name: str) -> FileSamples:
    """The matrix `name`, which is in the file.

    Raises
    ------
    ValueError, struct.error, zlib.error, OSError
        The file is not as it must be.
    """
    with path.open("rb") as stream:
        order = {b"IM": "<", b"MI": ">"}[stream.read(_HEADER_BYTES)[126:]]
        while tag := stream.read(8):
            kind, size = struct.unpack(f"{order}II", tag)
            begin = stream.tell()
            if kind == _COMPRESSED:
                head = zlib.decompressobj().decompress(stream.read(_HEAD), _HEAD)
                if _Element(head, order).name == name:
                    stream.seek(begin)
                    with tempfile.TemporaryFile() as unpacked:
                        _unpack(stream, size, unpacked)
                        return _matrix(unpacked, 0, order)
            elif kind == _MATRIX:
                stream.seek(begin - 8)
                if _Element(stream.read(_HEAD), order).name == name:
                    return _matrix(stream, begin - 8, order)
            stream.seek(begin + size)
    raise ValueError(f"expected a matrix called {name}")


def _matrix(stream: BinaryIO, begin: int, order: str) -> FileSamples:
    stream.seek(begin)
    element = _Element(stream.read(_HEAD), order)
    rows, columns = element.shape
    if element.dtype is None or element.complex:
        raise ValueError("expected real numbers of up to 32 bits or floats")
    if rows * columns * element.dtype.itemsize > element.bytes:
        raise ValueError("expected a matrix of its size")
    held = HeldFile.of(stream)
    samples = FileSamples(held, begin + element.data, element.dtype, (rows, columns), True)
    samples[rows - 1 : rows]  # it is there to its end
    return samples


def _unpack(stream: BinaryIO, size: int, unpacked: BinaryIO) -> None:
    """Unpack the next `size` bytes; zlib checks their sum."""
    unpack = zlib.decompressobj()
    while size > 0 and not unpack.eof:
        chunk = stream.read(min(size, _CHUNK))
        if not chunk:
            break
        size -= len(chunk)
        while chunk:
            unpacked.write(unpack.decompress(chunk, _CHUNK))
            chunk = unpack.unconsumed_tail
    if not unpack.eof:
        raise ValueError("expected all of the packed data")


class _Element:
    """Beginning of a matrix element: its name, shape, and where its data lie."""

    def __init__(self, head: bytes, order: str):
        self._head, self._order = head, order
        at, flags = self._part(8)
        self.complex = bool(struct.unpack(f"{order}I", flags[:4])[0] & _COMPLEX)
        at, sizes = self._part(at)
        self.shape = struct.unpack(f"{order}{len(sizes) // 4}i", sizes)
        at, name = self._part(at)
        self.name = name.decode("ascii", "replace")
        kind, self.bytes = struct.unpack_from(f"{order}II", head, at)
        self.dtype = np.dtype(order + _TYPES[kind]) if kind in _TYPES else None
        self.data = at + 8

    def _part(self, at: int) -> tuple[int, bytes]:
        """Where the sub-element after the one at `at` begins, and the latter's bytes."""
        kind, size = struct.unpack_from(f"{self._order}II", self._head, at)
        if kind >> 16:  # a small one: its size and data share its tag
            return at + 8, self._head[at + 4 : at + 4 + (kind >> 16)]
        return at + 8 + -(-size // 8) * 8, self._head[at + 8 : at + 8 + size]
