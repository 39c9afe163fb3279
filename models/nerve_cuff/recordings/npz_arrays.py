"""Arrays of a recording in an ``.npz`` file."""

import contextlib
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.numpy_file import (
    READ_ERRORS,
    npz_keys,
    npz_shape,
    npz_type,
    read_npz,
    read_npz_texts,
)
from build_decoder.models.nerve_cuff.recordings.arrays import IN_MEMORY, SIGNALS, absent, accept
from build_decoder.models.nerve_cuff.recordings.samples import FileSamples, HeldFile, Samples
from build_decoder.models.room import is_no_room

__all__ = ["NpzArrays"]

_LOCAL_HEADER = struct.Struct("<26xHH")  # lengths of name and extra field, then come both
_CHUNK = 2**20


class NpzArrays:
    """See `Arrays`. What is packed is unpacked into a temporary file, where it is large."""

    def __init__(self, path: Path):
        self._path = path
        self.names = npz_keys(path)

    def numbers(self, name: str, shape: ArrayShape) -> np.ndarray:
        return read_npz(self._path, name, shape, where=name)

    def texts(self, name: str) -> tuple[str, ...] | None:
        if npz_type(self._path, name).kind not in "US":
            return None
        return read_npz_texts(self._path, name)

    def signals(self, name: str) -> np.ndarray | Samples:
        if name not in self.names:
            raise absent(self._path, name, self.names)
        shape = npz_shape(self._path, name)
        accept(self._path, name, SIGNALS, shape)
        if np.prod(shape) <= IN_MEMORY or npz_type(self._path, name).kind not in "biuf":
            return read_npz(self._path, name, SIGNALS, where=name)
        try:
            return self._large(name)
        except (*READ_ERRORS, struct.error) as error:
            if isinstance(error, OSError) and is_no_room(error):
                raise
            raise InputError.at(
                self._path, name, expected="whole data", got="damaged data"
            ) from None

    def _large(self, name: str) -> Samples:
        with zipfile.ZipFile(self._path) as archive, contextlib.ExitStack() as stack:
            info = archive.getinfo(f"{name}.npy")
            stored = info.compress_type == zipfile.ZIP_STORED
            opened = self._path.open if stored else tempfile.TemporaryFile
            stream = stack.enter_context(opened("rb" if stored else "w+b"))
            with archive.open(info) as source:  # to its end, which checks the sum
                while chunk := source.read(_CHUNK):
                    if not stored:
                        stream.write(chunk)
            begin = 0
            if stored:
                stream.seek(info.header_offset)
                lengths = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
                begin = info.header_offset + _LOCAL_HEADER.size + sum(lengths)
            stream.seek(begin)
            version = npy_format.read_magic(stream)
            read = npy_format.read_array_header_1_0
            if version != (1, 0):
                read = npy_format.read_array_header_2_0
            shape, by_channel, dtype = read(stream)
            offset = stream.tell()
            if info.file_size < offset - begin + np.prod(shape) * dtype.itemsize:
                raise ValueError("expected all values, got fewer")
            return FileSamples(HeldFile.of(stream), offset, dtype, shape, by_channel)
