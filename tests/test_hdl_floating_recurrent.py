"""Layers over time steps in floating point, in hardware, give what their models do, in time."""

import math

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.errors import InputError
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.float_codes import float_frames
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_float_recurrent import (
    random_float_attention,
    random_float_gru,
    random_float_lstm,
)
from build_decoder.sim.synthesis import TARGETS
from tests.stage_rig import check_control, component
from tests.sweeps import swept
from tests.test_hdl_floating_graphs import check_values_and_times
from tests.test_quant_float_recurrent import FLUSHED, network

FORMATS = [FP16, BF16, FP32, FloatFormat(5, 2), FLUSHED]


DRAWN = {
    "lstm": random_float_lstm, "gru": random_float_gru, "attention": random_float_attention
}  # fmt: skip


@pytest.mark.parametrize("number", swept(range(60), 20))
@pytest.mark.parametrize("kind", DRAWN)
def test_a_layer_gives_its_values_at_its_times(kind, number):
    rng = np.random.default_rng([3, number])
    format = FORMATS[(number + number // 20) % len(FORMATS)]
    shape = (int(rng.integers(1, 5)), int(rng.integers(1, 4)))
    layer = DRAWN[kind](rng, format, shape)
    plans = list(plan_type(layer).options(layer, ()))
    plan = plans[int(rng.integers(len(plans)))]
    products = plan.folding.inputs_per_cycle * plan.multiplying.neurons
    units = Multipliers(dsp=products // 2, lut=products - products // 2)
    plan = type(plan).chosen(layer, (), folding=plan.folding, multipliers=units)
    x = float_frames(rng, format, layer.range.greatest, (7, math.prod(shape)))
    wanted = layer.compute(x.reshape(-1, *shape)).reshape(7, -1)
    check_values_and_times(plan, x, wanted, number + 1)


@pytest.mark.parametrize(
    ("cls", "folding"),
    [
        (Lstm, Folding(1, 1)), (Lstm, Folding(2, 16)), (Gru, Folding(1, 1)), (Gru, Folding(2, 12)),
        (Attention, Folding(2, 1)),
    ],
    ids=["lstm-1x1", "lstm-2x16", "gru-1x1", "gru-2x12", "attention-2x1"],
)
def test_control_is_that_of_the_plan(cls, folding):
    layer = float_model(network(cls, steps=3), np.ones((1, 9)), FloatFormat(4, 3)).layers[0]
    plan = plan_type(layer).chosen(layer, (), folding=folding)
    check_control(component(plan), (0.8, 0.6), cycles=2 * plan.times.latency)


@pytest.mark.parametrize("cls", [Lstm, Gru], ids=["lstm", "gru"])
def test_a_frame_behind_one_of_nan_starts_clean(cls):
    layer = float_model(
        network(cls, steps=3, sequences=True), np.ones((1, 9)), FloatFormat(4, 3)
    ).layers[0]
    x = layer.cell.format.encode(np.random.default_rng(1).normal(size=(6, 9)))
    x[0, 2], x[2, 4], x[4, 8] = [layer.cell.format.nan] * 3
    wanted = layer.compute(x.reshape(6, 3, 3)).reshape(6, -1)
    nan = wanted.reshape(6, 3, 4)[:, :, 0] == layer.cell.format.nan
    assert nan.tolist() == [[step >= first for step in range(3)] for first in (0, 3, 1, 3, 2, 3)]
    plan = plan_type(layer).chosen(layer, (), folding=Folding(3, 5))
    check_values_and_times(plan, x, wanted, 2)


def test_foldings_are_the_smallest_that_keep_up():
    model = float_model(network(Lstm), np.ones((1, 18)), FP16)
    assert model.layers[0].sum_count == 16
    products = []
    for interval in (2000, 1000, 650):
        plan = design_decoder(model, interval_cycles=interval, family=get("xc7"))
        assert plan.frame_cycles <= interval
        products.append(plan.layers["a"].folding.multipliers)
    assert products[0] == 1 < products[1] < products[2]
    with pytest.raises(InputError, match="expected an interval that layer 'a' can reach"):
        design_decoder(model, interval_cycles=100, family=get("xc7"))


@pytest.mark.slow
@pytest.mark.parametrize("cls", [Lstm, Gru, Attention], ids=["lstm", "gru", "attention"])
@pytest.mark.parametrize("family", TARGETS)
def test_a_netlist_equals_its_model(family, cls, tmp_path):
    family = get(family)
    x = np.random.default_rng(1).normal(size=(9, 9))
    model = float_model(network(cls, steps=3), x, FloatFormat(5, 2))
    plan = design_decoder(model, interval_cycles=600, family=family)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    x = float_frames(np.random.default_rng(8), model.input_format, 2.0, (6, 9))
    y = model.compute(x)
    y[4, 1] ^= 1
    check = check_netlist(decoder, x, y, tmp_path, stall_seed=7)
    assert (check.vectors_checked, check.mismatches) == (12, 2)


@pytest.mark.slow
def test_a_decoder_equals_its_model():
    model = float_model(network(Lstm, steps=3), np.random.default_rng(1).normal(size=(9, 9)), FP16)
    x = float_frames(np.random.default_rng(5), FP16, 4.0, (6, 9))
    plan = design_decoder(model, foldings=[Folding(2, 4), Folding(1, 3)], family=get("xc7"))
    for seed in (None, 3):
        got, latency, interval = simulate_amaranth(Decoder(plan), x, stall_seed=seed)
        np.testing.assert_array_equal(got, model.compute(x))
        if seed is None:
            assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)


def test_many_units_have_their_biases():
    x = np.random.default_rng(1).normal(size=(3, 3))
    model = float_model(network(Gru, steps=1, units=17, sequences=True), x, FloatFormat(5, 2))
    (layer,) = model.layers
    plan = plan_type(layer).chosen(layer, (), folding=Folding(3, 3))
    codes = model.quantise_input(x)
    wanted = layer.compute(codes.reshape(3, 1, 3)).reshape(3, -1)
    check_values_and_times(plan, codes, wanted, 1)


@pytest.mark.parametrize("cls", [Lstm, Gru, Attention], ids=["lstm", "gru", "attention"])
def test_blocks_are_given_out_as_far_as_there_are_some(cls):
    model = float_model(network(cls), np.ones((1, 18)), FP16)
    for most in (0, 1, 3):
        plan = design_decoder(
            model, interval_cycles=2000, family=get("xc7"), max_dsp=most
        )
        blocks = [plan.layers[name].multipliers.dsp for name in ("a", "b")]
        assert blocks == [min(max(most - 1, 0), 1), min(most, 1)]
