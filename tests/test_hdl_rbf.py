"""Radial basis functions in hardware: units at once, times, stalls, Verilog."""

from functools import cache

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.layers.rbf.plan import RbfPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models import Network
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.rbf import Rbf
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from tests.stage_rig import check_control, component, runs

FRAMES = 6


@cache
def quantised(inputs: int, units: int, bits: int = 7) -> tuple[IntegerModel, np.ndarray]:
    """Gaussian units and a read-out, and raw inputs that are near some centres and far from all."""
    rng = np.random.default_rng(inputs)
    centres = rng.uniform(-1, 3, (inputs, units))
    layers = [
        (Rbf(units), {"centres": centres, "scale": rng.uniform(0.1, 1.5, units) / inputs}),
        (Dense(2, "linear"), {"weights": rng.normal(size=(units, 2)), "bias": rng.normal(size=2)}),
    ]
    network = Network.chain("rbf", inputs, layers)
    x = np.concatenate([rng.uniform(-1, 3, (20, inputs)), centres.T[:3]])
    formats = {
        key: QFormat(found.integer, max(bits, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(network, x).items()
    }
    model = integer_model(network, formats)
    raw = model.quantise_input(np.concatenate([x[-3:], x[:3]]))[:FRAMES]
    raw[1], raw[4] = model.input_format.min_raw, model.input_format.max_raw
    return model, raw


@pytest.mark.parametrize("inputs", [1, 2, 7])
@pytest.mark.parametrize(("units", "lanes"), [(1, 1), (5, 1), (5, 2), (5, 5), (6, 3)])
def test_frames_back_to_back_and_with_stalls(inputs, units, lanes):
    model, x = quantised(inputs, units)
    layer = model.layers[0]
    plan = RbfPlan(layer, lanes)
    expected = layer.compute(x)
    seeds = (None, 3)
    found = runs(component(plan), [x], seeds=seeds, deadline=3000)
    for seed, ((got,), taken, (cycles,)) in zip(seeds, found, strict=True):
        np.testing.assert_array_equal(got, expected)
        if seed is None:
            ends = np.array(cycles[units - 1 :: units])
            assert ends[0] - taken[0][0] == plan.times.latency
            assert np.diff(ends).max() == plan.times.interval
    check_control(component(plan), (0.8, 0.6), cycles=20 + 4 * plan.times.latency)


def test_a_decoder_and_its_times():
    model, x = quantised(7, 5)
    plan = DecoderPlan.chosen(model, {"layer1": {"folding": Folding(1, 2)}})
    y_raw, latency, interval = simulate_amaranth(Decoder(plan), x)
    np.testing.assert_array_equal(y_raw, model.compute(x))
    assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)


def test_units_at_once_follow_from_what_is_asked_for():
    model, _ = quantised(7, 5)
    assert design_decoder(model).layers["layer1"].lanes == 1
    assert design_decoder(model, interval_cycles=16).layers["layer1"].lanes == 3
    with pytest.raises(ValueError, match="1 to 5 units"):
        RbfPlan(model.layers[0], 6)
    with pytest.raises(ValueError, match="1 input a cycle"):
        RbfPlan.chosen(model.layers[0], ((7,),), folding=Folding(2, 1))


@pytest.mark.slow
def test_verilog(tmp_path):
    model, x = quantised(7, 5)
    plan = DecoderPlan.chosen(model, {"layer1": {"folding": Folding(1, 2)}})
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=None))
    exported = ExportedDecoder(tmp_path / "decoder.v", plan.interface, None)
    bench = decoder_bench(exported, tmp_path, frames=len(x))
    for seed in (None, 2):
        found = bench.run(x, model.compute(x), tmp_path / str(seed), stall_seed=seed)
        assert not found.mismatches
        assert not found.wrong_times(plan.interface)
