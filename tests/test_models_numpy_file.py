"""Whatever is damaged in an ``.npy`` or ``.npz`` file is bad input."""

import contextlib
import io
import zipfile

import numpy as np
import pytest

from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.numpy_file import read_npy, read_npz, read_npz_text

SHAPE = ArrayShape((None, 6), ("samples", "values"), 1000)
HEADER_BYTES = 128
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def array_file():
    stream = io.BytesIO()
    np.save(stream, np.arange(30.0).reshape(5, 6))
    return stream.getvalue()


def damaged(rng, content, limit):
    content = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        content[rng.integers(limit)] = rng.choice(list(b"(){}[]'\",:\\0#\n \xff\x00"))
    return bytes(content)


def test_damaged_headers(tmp_path):
    rng, refused = np.random.default_rng(1), 0
    for index in range(500):
        content = damaged(rng, array_file(), HEADER_BYTES)
        path = tmp_path / f"{index}.npy"
        path.write_bytes(content)
        try:
            read_npy(path, SHAPE, where="x")
        except InputError:
            refused += 1
    assert refused > 300  # the others are hit in the padding


@pytest.mark.parametrize("method", METHODS)
def test_damaged_archives(tmp_path, method):
    rng, path = np.random.default_rng(method), tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x.npy", array_file())
    content = path.read_bytes()
    assert read_npz(path, "x", SHAPE, where="x").shape == (5, 6)
    for _ in range(300):
        path.write_bytes(damaged(rng, content, len(content)))
        with contextlib.suppress(InputError):
            read_npz(path, "x", SHAPE, where="x")


def test_damaged_text(tmp_path):
    stream, path = io.BytesIO(), tmp_path / "a.npz"
    np.save(stream, np.array("labels"))
    for content, good in ((stream.getvalue(), True), (stream.getvalue()[:-8], False)):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("task.npy", content)
        if good:
            assert read_npz_text(path, "task") == "labels"
        else:
            with pytest.raises(InputError, match="a valid array called 'task', got damaged data"):
                read_npz_text(path, "task")
