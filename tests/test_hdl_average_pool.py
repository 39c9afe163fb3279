"""Average pools and strides between convolutions, in a decoder like EEGNet: every stream of it."""

from functools import cache

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.layers.average_pool.plan import AveragePoolPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import LeadingWindows, WholeWindows
from build_decoder.models import Architecture, Input, Node
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.stride import Stride
from build_decoder.models.rewrites import rewrite
from build_decoder.quant.formats import integer_model
from build_decoder.quant.layers.average_pool import AveragePool as IntegerPool
from build_decoder.quant.operations.window_average import WindowAverage
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS
from tests.architectures import random_network
from tests.fuzzed import check_decoder
from tests.stage_rig import component, run


@cache
def model():
    """Means of 2 by 2 and of 3 steps, with rests, and every second step; and windows for it."""
    nodes = (
        Node("along", ("x",), Conv2d(2, (1, 3), "elu")),
        Node("mean", ("along",), AveragePool((2, 2))),
        Node("over", ("mean",), Conv2d(3, (2, 2), "linear")),
        Node("some", ("over",), Stride((1, 2))),
        Node("mean3", ("some",), AveragePool((1, 3))),
        Node("flat", ("mean3",), Flatten()),
        Node("y", ("flat",), Dense(2, "linear")),
    )
    architecture = Architecture("like_eegnet", (Input("x", (5, 29, 1)),), nodes)
    network = rewrite(random_network(architecture)).network
    x = np.random.default_rng(1).uniform(-1, 1, (20, *network.given_inputs[0].shape))
    formats = {
        key: QFormat(found.integer, max(6, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(network, x).items()
    }
    made = integer_model(network, formats)
    return made, made.quantise_input(x[:4].reshape(4, -1))


@cache
def plan() -> DecoderPlan:
    return DecoderPlan.chosen(model()[0], {})


def test_every_stream():
    kinds = [type(node.layer).__name__ for node in model()[0].nodes]
    assert kinds == ["Conv2d", "AveragePool", "Conv2d", "Stride", "AveragePool", "Flatten", "Dense"]
    assert model()[0].nodes[0].layer.output_shape == (29, 5, 2)  # time is the slow axis
    check_decoder(Decoder(plan()), model()[1])


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
def test_netlist(family, tmp_path):
    made, (net, x) = plan(), model()
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(made), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", made.interface, family)
    check = check_netlist(decoder, x[:2], net.compute(x[:2]), tmp_path, stall_seed=5)
    assert (check.vectors_checked, check.mismatches) == (4, 0), check.first_mismatch


@pytest.mark.parametrize("size", [(2, 2), (3, 1), (1, 5)])
def test_every_sum_is_divided_exactly(size):
    """Half up, of positive and negative sums."""
    input, output = QFormat(3, 0), QFormat(3, 1)
    count = size[0] * size[1]
    sums = np.arange(count * input.min_raw, count * input.max_raw + 1)
    x = np.full((len(sums), count), input.min_raw)
    left = sums - x.sum(axis=1)
    for place in range(count):
        step = np.minimum(left, input.max_raw - input.min_raw)
        x[:, place] += step
        left -= step
    np.testing.assert_array_equal(x.sum(axis=1), sums)
    layer = IntegerPool(WindowAverage(input, output, size), (1, 1, 1))
    expected = np.clip((4 * sums + count) // (2 * count), output.min_raw, output.max_raw)
    got = layer.compute(x.reshape(-1, *size, 1)).reshape(-1)
    np.testing.assert_array_equal(got, expected)
    made = AveragePoolPlan(layer, Tensor((*size, 1), input, 1))
    (hardware,), _, _ = run(component(made), [x], seed=None, deadline=len(sums) * count + 50)
    np.testing.assert_array_equal(hardware.reshape(-1), expected)


@pytest.mark.parametrize("count", range(1, 12))
@pytest.mark.parametrize("size", range(1, 6))
def test_windows_by_hand(count: int, size: int):
    values = list(range(count))
    cut = [len(values[start : start + size]) for start in range(0, count, size)]
    leading = LeadingWindows(count, size)
    assert (leading.lengths, leading.windows, leading.before) == (cut, len(cut), 0)
    if size <= count:
        *before, last = [length for length in cut if length == size]
        whole = WholeWindows(count, size)
        assert whole.lengths == [*before, last + count % size]
        assert (whole.windows, whole.before, whole.over) == (count // size, 0, count % size)
