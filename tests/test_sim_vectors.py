"""Vector files, against Python's own integers."""

import numpy as np
import pytest

from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.vectors import (
    expected_words,
    input_words,
    read_words,
    word_integers,
    write_words,
)


@pytest.mark.parametrize(("lanes", "width"), [(1, 1), (1, 8), (3, 5), (4, 16), (40, 7), (2, 48)])
def test_words_are_lanes_side_by_side(tmp_path, lanes, width):
    limit = 1 << (width - 1)
    values = np.random.default_rng(0).integers(-limit, limit, (20, lanes))
    words = [
        sum((value % (1 << width)) << (lane * width) for lane, value in enumerate(row))
        for row in values.tolist()
    ]
    assert word_integers(values, width) == words
    write_words(tmp_path / "words.hex", values, width)
    assert [int(line, 16) for line in (tmp_path / "words.hex").read_text().split()] == words


def test_read_words(tmp_path):
    (tmp_path / "words.hex").write_text("0f\n10\n1f\nxx\n")
    assert read_words(tmp_path / "words.hex", 5, signed=True) == [15, -16, -1, None]
    assert read_words(tmp_path / "words.hex", 5, signed=False) == [15, 16, 31, None]


def test_left_over_lanes_are_random():
    interface = Interface(
        name="test", fingerprint=0, input_lanes=4, input_count=6, output_count=2,
        input_format=QFormat(8, 0, signed=False), output_format=QFormat(4, 0),
    )
    x = np.arange(60).reshape(10, 6)
    words = input_words(interface, x, seed=1)
    assert words.shape == (20, 4)
    np.testing.assert_array_equal(words.reshape(10, 8)[:, :6], x)
    assert len(np.unique(words.reshape(10, 8)[:, 6:])) > 10
    np.testing.assert_array_equal(words, input_words(interface, x, seed=1))
    np.testing.assert_array_equal(expected_words(interface, x[:, :2] % 8)[:, 0],
                                  (x[:, :2] % 8).ravel())
    with pytest.raises(ValueError, match="expected y_raw from -8 to 7, got 0 to 55"):
        expected_words(interface, x[:, :2])
