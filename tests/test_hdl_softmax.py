"""Softmax in hardware: times, frames whose powers are all zero, and a decoder that has one."""

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.families import get
from build_decoder.hdl.layers.softmax.plan import SoftmaxPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.activations.table import Table
from build_decoder.quant.integer_model import ModelNode
from build_decoder.quant.layers.softmax import Softmax
from build_decoder.quant.operations.normalise import Normalise, difference_format
from build_decoder.quant.qformat import QFormat
from tests.fuzzed import check_decoder
from tests.stage_rig import component, run
from tests.test_answer import classifier


def softmax(count: int, input: QFormat) -> Softmax:
    power = integer_activation("exp", difference_format(input), QFormat(1, 7, False))
    return Softmax(Normalise(input, count, power, QFormat(1, 6, False)), (count,))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_times(count):
    plan = SoftmaxPlan(softmax(count, QFormat(3, 2)))
    bits = plan.quotients.division.bits
    assert bits == 1 + 6 + 1
    beyond = count + 3 + plan.power_latency + count * (bits + 1)
    assert plan.times.latency == count - 1 + beyond


def test_shares_of_all_codes():
    layer = softmax(2, QFormat(2, 2))
    codes = np.arange(-8, 8)
    x = np.stack(np.meshgrid(codes, codes), axis=-1).reshape(-1, 2)
    (got,), *_ = run(component(SoftmaxPlan(layer)), [x], seed=None)
    np.testing.assert_array_equal(got, layer.compute(x))


def test_no_power_at_all_gives_zero():
    input = QFormat(1, 0)
    power = Table(difference_format(input), QFormat(1, 0, False), (0, 0, 0, 1))
    layer = Softmax(Normalise(input, 2, power, QFormat(1, 3, False)), (2,))
    x = np.array([[-1, -1], [0, 0], [-1, 0], [0, -1]])
    assert not layer.compute(x).any()
    (got,), *_ = run(component(SoftmaxPlan(layer)), [x], seed=3)
    np.testing.assert_array_equal(got, layer.compute(x))


def test_negative_powers_are_refused():
    power = Table(QFormat(2, 0), QFormat(1, 0), (-1, 0, 0, 0))
    layer = Softmax(Normalise(QFormat(1, 0), 2, power, QFormat(1, 3, False)), (2,))
    with pytest.raises(ValueError, match="expected powers that are not negative, got raw -1"):
        SoftmaxPlan(layer)


@pytest.mark.parametrize("seed", [3, 5])
def test_a_decoder_of_shares(seed):
    model, x = classifier(seed)
    last = model.nodes[-1].layer
    power = integer_activation("exp", difference_format(last.output), QFormat(1, 6, False))
    normalise = Normalise(last.output, last.output_count, power, QFormat(1, 5, False))
    node = ModelNode("shares", (model.nodes[-1].name,), Softmax(normalise, last.output_shape))
    shares = type(model)(model.name, model.inputs, (*model.nodes, node))
    check_decoder(Decoder(design_decoder(shares, family=get("xc7"))), x)
