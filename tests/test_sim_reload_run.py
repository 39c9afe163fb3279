"""Images loaded into exported Verilog while frames run, and the faults that this must find."""

import numpy as np
import pytest

from build_decoder.hdl import reloadable_decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.parts.frame_gate import FrameGate
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.fits import fits_select, packs
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_networks import RandomNetwork, random_frames, writable_network
from build_decoder.sim.random_reloadable import RELOADABLE
from build_decoder.sim.reload_run import reload_frames, run_reloads
from tests.reload_rig import telling_frames
from tests.reloads import built_model, other_model


def exported(plan: DecoderPlan, folder, family=None) -> ExportedDecoder:
    source = folder / "decoder.v"
    source.write_text(to_verilog(ReloadableDecoder(plan), family=family))
    return ExportedDecoder(source, plan.interface, family)


def reloaded(plan: DecoderPlan, models, x, folder, *, family=None, stall_seed=None):
    bench = decoder_bench(
        exported(plan, folder, family), folder, frames=reload_frames(plan.interface, len(models))
    )
    return run_reloads(bench, plan.image_layout, models, x, folder / "run", stall_seed=stall_seed)


def drawn(seed: int) -> tuple[RandomNetwork, list[IntegerModel], np.ndarray]:
    """A random network, models for it, and frames."""
    random = np.random.default_rng(seed)
    network = writable_network(random)
    models = [network.model, with_other_weights(network.model)]
    return network, models, random_frames(random, network.model, 12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_random_networks_in_random_foldings(seed, tmp_path):
    network, models, x = drawn(seed)
    plan = network.plan
    assert plan.reloadable
    result = reloaded(plan, models, x, tmp_path, stall_seed=seed)
    assert (result.mismatches, result.first_mismatch) == (0, None)
    assert result.vectors_checked == reload_frames(plan.interface, 2)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["xc7", "ecp5"])
@pytest.mark.parametrize("seed", [11, 12])
def test_netlists_of_random_networks(family, seed, tmp_path):
    network, models, x = drawn(seed)
    plan = network.plan
    check = check_netlist(
        exported(plan, tmp_path, get(family)), x, models[0].compute(x), tmp_path, plan=plan
    )
    assert check.mismatches == 0, check.first_mismatch
    assert len(check.runs) == 2


@pytest.mark.slow
@pytest.mark.parametrize("family", ["xc7", "ecp5", "ice40"])
@pytest.mark.parametrize("number", [1, 10, 17])
def test_netlists_of_decoders_with_states(number, family, tmp_path):
    random = np.random.default_rng(number)
    network = RELOADABLE[number](random)
    plan, x = network.plan, random_frames(random, network.model, 6)
    check = check_netlist(
        exported(plan, tmp_path, get(family)), x, network.model.compute(x), tmp_path, plan=plan
    )
    assert check.mismatches == 0, check.first_mismatch
    assert len(check.runs) == 2


def small(**formats) -> tuple[DecoderPlan, list[IntegerModel], np.ndarray]:
    built = built_model((6, 4, 2), **formats)
    models = [built, other_model(built, 1), other_model(built, 2)]
    plan = DecoderPlan.of(built, (Folding(1, 4), Folding(1, 2)), reloadable=True)
    return plan, models, telling_frames(np.random.default_rng(0), models, 9)


class HastyGate(FrameGate):
    """Does not wait for frames that are under way."""

    def elaborate(self, platform):
        m = super().elaborate(platform)
        m.d.comb += self.drained.eq(self.hold)
        return m


@pytest.mark.slow
def test_a_swap_that_does_not_wait_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(reloadable_decoder, "FrameGate", HastyGate)
    plan, models, x = small()
    result = reloaded(plan, models, x, tmp_path)
    assert result.mismatches > 0
    assert "frame " in result.first_mismatch


def test_an_image_of_other_weights_than_said_is_found(tmp_path):
    plan, models, x = small()
    # What it says it computes is what is expected of it.
    lying = [models[0], models[1], models[1]]
    result = reloaded(plan, models, x, tmp_path)
    assert result.mismatches == 0
    bench = decoder_bench(
        exported(plan, tmp_path), tmp_path, frames=reload_frames(plan.interface, 3)
    )
    images = [plan.image_layout.image(model) for model in models]
    layout = type("Layout", (), {"image": lambda self, model: images.pop(0)})()
    with pytest.raises(CheckFailed, match="expected the fingerprint of other 1 behind command"):
        run_reloads(bench, layout, lying, x, tmp_path / "lying")


def test_selecting_units_of_weights_that_are_written(tmp_path):
    plan, _, _ = small(weight=QFormat(1, 1))
    first, second = plan.dense
    assert fits_select(first)
    # Of signed inputs, sums would have to start from what weights say.
    assert second.parameters.input.signed
    assert not fits_select(second)
    assert not packs(first, get("ecp5").dsp)
