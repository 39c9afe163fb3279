"""Tensors: transfers of a frame, step by step."""

import pytest

from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.qformat import QFormat

FORMAT = QFormat(2, 5)


@pytest.mark.parametrize(
    ("shape", "lanes", "steps", "beats"),
    [
        ((40,), 1, 1, 40),
        ((40,), 40, 1, 1),
        # The last transfer holds one value.
        ((40,), 3, 1, 14),
        # A transfer holds values of one step.
        ((5, 40), 3, 5, 70),
        ((5, 8, 5), 3, 5, 70),
        ((5, 1), 1, 5, 5),
        ((1, 6), 4, 1, 2),
        ((2, 3), 5, 2, 2),
    ],
)
def test_transfers_of_a_frame(shape, lanes, steps, beats):
    tensor = Tensor(shape, FORMAT, lanes)
    assert (tensor.steps, tensor.beats) == (steps, beats)
    assert tensor.steps * tensor.step_values == tensor.count
    assert tensor.step_beats * tensor.steps == beats
    assert tensor.payload_width == lanes * 7


@pytest.mark.parametrize(
    ("shape", "lanes", "message"),
    [
        ((), 1, r"expected axes of at least 1 value, got shape \(\)"),
        ((4, 0), 1, r"expected axes of at least 1 value, got shape \(4, 0\)"),
        ((4,), 0, "expected at least 1 lane, got 0"),
    ],
)
def test_what_is_no_tensor(shape, lanes, message):
    with pytest.raises(ValueError, match=message):
        Tensor(shape, FORMAT, lanes)
