"""Convolutions and graphs in floating point, in hardware, give what their models do, in time."""

from itertools import pairwise

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.floating.conv2d.plan import FloatConv2dPlan
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.errors import InputError
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.quant.answer import DECISION, answering
from build_decoder.quant.floating.average_pool import FloatAveragePool
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.float_codes import float_frames
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS
from tests.stage_rig import check_control, component, runs
from tests.sweeps import swept
from tests.test_quant_float_dense import ENDS
from tests.test_quant_float_graphs import FLUSHED, convolution, network, residual

LAYERS = [
    (format, end)
    for format in (FP16, BF16, FP32, FloatFormat(5, 2), FLUSHED)
    for end in ENDS
]
SHAPES = [((4, 3, 2), (3, 2)), ((6, 1, 3), (4, 1)), ((2, 2, 1), (3, 4)), ((3, 2, 2), (1, 1))]


def check_values_and_times(plan, x, wanted, seed):
    """Outputs back to back, at the plan's times, and with stalls by a seed."""
    seeds = (None, seed)
    found = runs(component(plan), [x], seeds=seeds, deadline=300 + 4 * plan.times.interval)
    for seed, ((got,), taken, (cycles,)) in zip(seeds, found, strict=True):
        np.testing.assert_array_equal(got, wanted, err_msg=str(plan))
        if seed is None:
            ends = cycles[plan.output.beats - 1 :: plan.output.beats]
            assert ends[0] - taken[0][0] == plan.times.latency
            assert max(b - a for a, b in pairwise(ends)) == plan.times.interval


@pytest.mark.parametrize(
    "number", swept(range(60), 17),
    ids=lambda number: f"{number}-{'-'.join(map(str, LAYERS[number % len(LAYERS)]))}",
)
def test_a_convolution_gives_its_values_at_its_times(number):
    format, end = LAYERS[number % len(LAYERS)]
    rng = np.random.default_rng([1, number])
    shape, kernel = SHAPES[number % len(SHAPES)]
    layer = convolution(rng, format, shape, kernel, 2, end)
    plans = list(FloatConv2dPlan.options(layer, (shape,)))
    plan = plans[int(rng.integers(len(plans)))]
    if number % 3 == 0:
        plan = plan.giving(2)
    products = plan.folding.multipliers
    plan = FloatConv2dPlan(
        layer, plan.folding, plan.lanes, number % 2 > 0,
        Multipliers(dsp=products // 2, lut=products - products // 2),
    )
    x = float_frames(rng, format, layer.range.greatest, (7, layer.input_count))
    wanted = layer.compute(x.reshape(-1, *shape)).reshape(7, -1)
    check_values_and_times(plan, x, wanted, number + 1)


MEANS = [
    (format, size)
    for size in ((2, 2), (3, 1), (2, 3), None) for format in (FP16, FLUSHED, BF16, FP32)
]  # fmt: skip


@pytest.mark.parametrize(
    "number", swept(range(len(MEANS)), 5),
    ids=lambda number: "-".join(map(str, MEANS[number])),
)
def test_means_are_given_at_their_times(number):
    format, size = MEANS[number]
    rng = np.random.default_rng([2, number])
    shape = (5, 3, 2)
    layer = means(format, shape, size, 3.0 if number % 2 else None)
    plan = next(iter(plan_type(layer).options(layer, (shape,)))).giving(1 + number % 2)
    x = float_frames(rng, format, layer.range.greatest, (12, 30))
    wanted = layer.compute(x.reshape(-1, *shape)).reshape(12, -1)
    check_values_and_times(plan, x, wanted, number + 1)


def means(format, shape, size, greatest):
    """The layer of windows, or of all if there is no size, that takes inputs up to ``greatest``, or
    any if it is None."""
    code = format.infinity - 1 if greatest is None else int(format.encode(greatest))
    least = format.least_exponent if greatest is None else -1
    ends = {"input": format, "output": format, "greatest": code, "least": least, "shape": shape}
    return FloatGlobalAveragePool(**ends) if size is None else FloatAveragePool(size=size, **ends)


@pytest.mark.parametrize("captures", [True, False])
def test_control_is_that_of_the_plan(captures):
    layer = convolution(np.random.default_rng(2), FP16, (4, 2, 2), (3, 2), 3, "tanh")
    plan = FloatConv2dPlan(layer, Folding(4, 1), 1, captures)
    check_control(component(plan), (1, 1), (0.5, 0.5))


def test_blocks_are_whole_parts_of_a_window():
    layer = convolution(np.random.default_rng(3), FP16, (6, 5, 4), (3, 4), 2, "linear")
    blocks = [part.values for part in FloatConv2dPlan.blocks(layer)]
    assert blocks == [1, 2, 4, 8, 16, 48]
    with pytest.raises(ValueError, match="expected 1, 2, 4, 8, 16, 48 inputs a cycle, got 32"):
        _ = FloatConv2dPlan(layer, Folding(32, 1), 1).part


def _model(**parts):
    x = np.random.default_rng(4).normal(size=(30, 24))
    return float_model(network(**parts), x, FP16)


def test_a_decoder_equals_its_model():
    model = answering(_model(), DECISION)
    x = float_frames(np.random.default_rng(5), FP16, 4.0, (6, 24))
    plan = design_decoder(
        model, foldings=[Folding(2, 2), Folding(6, 3), Folding(5, 3)], family=get("xc7")
    )
    for seed in (None, 3):
        got, latency, interval = simulate_amaranth(Decoder(plan), x, stall_seed=seed)
        np.testing.assert_array_equal(got, model.compute(x))
        if seed is None:
            assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)
    assert len(set(got[:, 0].tolist())) > 1


def test_a_sum_of_branches_equals_its_model():
    net = residual()
    model = float_model(net, np.random.default_rng(4).normal(size=(30, 24)), BF16)
    plan = design_decoder(model, foldings=[Folding(2, 2)], family=get("xc7"))
    x = float_frames(np.random.default_rng(5), BF16, 4.0, (7, 24))
    for seed in (None, 3):
        got, latency, interval = simulate_amaranth(Decoder(plan), x, stall_seed=seed)
        np.testing.assert_array_equal(got, model.compute(x))
        if seed is None:
            assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)


def test_foldings_are_the_smallest_that_keep_up():
    model = _model()
    products = []
    for interval in (300, 200, 120):
        plan = design_decoder(model, interval_cycles=interval, family=get("xc7"))
        assert plan.frame_cycles <= interval
        products.append([
            layer.multiplying.folding.multipliers
            for layer in plan.layers.values() if layer.multiplying is not None
        ])  # fmt: skip
    assert products[0] == [1, 1, 1]
    assert products[0] < products[1] < products[2]
    with pytest.raises(InputError, match="expected an interval that layer 'a' can reach"):
        design_decoder(model, interval_cycles=20, family=get("xc7"))


@pytest.mark.slow
@pytest.mark.parametrize("pool", [MaxPool((2, 2)), AveragePool((3, 1))], ids=["max", "average"])
@pytest.mark.parametrize("family", TARGETS)
def test_a_netlist_equals_its_model(family, pool, tmp_path):
    family, model = get(family), _model(pool=pool)
    plan = design_decoder(model, interval_cycles=300, family=family)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    x = float_frames(np.random.default_rng(8), FP16, 4.0, (6, 24))
    y = model.compute(x)
    y[2, 1] ^= 1
    check = check_netlist(decoder, x, y, tmp_path, stall_seed=7)
    assert (check.vectors_checked, check.mismatches) == (12, 2)
