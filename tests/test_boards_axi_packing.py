"""Frames as words of windows and bytes of DDR, against a reading of the contract bit by bit."""

import numpy as np
import pytest

from build_decoder.boards.axi.packing import (
    frame_bytes,
    frame_words,
    from_bytes,
    from_words,
    slot_bits,
    to_bytes,
    to_words,
)
from build_decoder.quant.qformat import QFormat

FORMATS = [QFormat(width, 0, signed) for width in (1, 2, 3, 5, 8, 9, 17, 32, 33, 48)
           for signed in (False, True)]  # fmt: skip


def slot_by_slot(frame, format: QFormat) -> int:
    """A frame as one number: bit k of memory is bit k of it."""
    slot = next(bits for bits in (1, 2, 4, 8, 16, 32, 64) if bits >= format.width)
    return sum((int(value) % (1 << slot)) << n * slot for n, value in enumerate(frame))


def random_frames(format: QFormat, *shape: int) -> np.ndarray:
    random = np.random.default_rng(format.width)
    return random.integers(format.min_raw, format.max_raw, shape, endpoint=True)


@pytest.mark.parametrize("format", FORMATS, ids=str)
@pytest.mark.parametrize("count", [1, 5, 64])
def test_words_and_bytes(format, count):
    raw = random_frames(format, 3, count)
    words, data = to_words(raw, format), to_bytes(raw, format)
    assert words.dtype == np.uint32
    assert data.dtype == np.uint8
    assert words.shape == (3, frame_words(format, count))
    assert data.shape == (3, frame_bytes(format, count))
    assert frame_bytes(format, count) % 8 == 0
    for frame, row, line in zip(raw, words, data, strict=True):
        expected = slot_by_slot(frame, format)
        assert int.from_bytes(row.tobytes(), "little") == expected
        assert int.from_bytes(line.tobytes(), "little") == expected
    np.testing.assert_array_equal(from_words(words, format, count), raw)
    np.testing.assert_array_equal(from_bytes(data, format, count), raw)
    np.testing.assert_array_equal(to_words(raw[1], format), words[1])
    np.testing.assert_array_equal(from_words(words[1], format, count), raw[1])
    np.testing.assert_array_equal(from_bytes(data[1], format, count), raw[1])


@pytest.mark.parametrize("format", [QFormat(3, 0), QFormat(5, 0, False), QFormat(33, 0)], ids=str)
def test_bits_above_a_value_are_ignored(format):
    raw = random_frames(format, 6)
    words = to_words(raw, format)
    slot = slot_bits(format)
    above = sum(((1 << slot) - (1 << format.width)) << n * slot for n in range(6))
    noise = np.frombuffer(above.to_bytes(4 * len(words), "little"), np.uint32)
    np.testing.assert_array_equal(from_words(words ^ noise, format, 6), raw)
