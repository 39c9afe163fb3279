"""Parameters as JSON and arrays. `test_layer_contracts` reads and writes layers of every type."""

from collections import namedtuple

import numpy as np
import pytest

from build_decoder.parameter_file import to_json
from build_decoder.quant.qformat import QFormat


@pytest.mark.parametrize(
    "value", [0.5, np.int64(3), [1], {"a": 1}, namedtuple("Pair", "a b")(1, 2), np.zeros(3), int]
)
def test_what_would_not_be_read_back_is_not_written(value):
    with pytest.raises(TypeError, match=r"^layer\.1: expected parameters, got "):
        to_json((QFormat(3, 2), value), "layer", {})
