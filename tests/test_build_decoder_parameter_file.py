"""Parameters of integer layers of every type as JSON and arrays."""

import json
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from build_decoder.parameter_file import from_json, to_json
from build_decoder.quant.qformat import QFormat
from tests import random_layers
from tests.test_random_layers import integer_layer


@pytest.mark.parametrize("kind", random_layers.TYPES)
def test_every_type_of_layer_is_read_back_exactly(kind):
    for number in range(20):
        case = random_layers.layer(kind, number)
        (node,) = case.nodes
        raw = [case.inputs[name] for name in node.inputs]
        formats = tuple(case.formats[name] for name in node.inputs)
        written = integer_layer(node, tuple(x.shape[1:] for x in raw), formats)
        arrays = {}
        text = json.dumps(to_json(written, "layer", arrays))
        read = from_json(json.loads(text), arrays, Path("model.json"), "layer")
        assert type(read) is type(written)
        assert read.digest() == written.digest()
        assert repr(read) == repr(written)
        assert read.signals == written.signals
        np.testing.assert_array_equal(read.compute(*raw), written.compute(*raw))


@pytest.mark.parametrize(
    "value", [0.5, np.int64(3), [1], {"a": 1}, namedtuple("Pair", "a b")(1, 2), np.zeros(3), int]
)
def test_what_would_not_be_read_back_is_not_written(value):
    with pytest.raises(TypeError, match=r"^layer\.1: expected parameters, got "):
        to_json((QFormat(3, 2), value), "layer", {})
