"""Continuous decoders in hardware: states from step to step, and what clears them."""

import itertools

import numpy as np
import pytest
from amaranth.sim import Simulator

from build_decoder.hdl.continuous_decoder import ContinuousDecoder
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.quant.recurrent import RecurrentLayer
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.streams import random_stalls, receive, send
from build_decoder.sim.vectors import input_words, word_integers
from tests.continuous import KINDS, quantised, steps_of
from tests.stage_rig import check_control, component
from tests.sweeps import swept_cases

FOLDINGS = {
    "gru": (Folding(1, 1), Folding(1, 3), Folding(2, 5), Folding(4, 9)),
    "lstm": (Folding(1, 1), Folding(1, 4), Folding(2, 5), Folding(4, 12)),
    "two": (Folding(1, 1), Folding(2, 3), Folding(3, 8)),
    "esn": (Folding(1, 1), Folding(2, 1)),
}
CASES = [(kind, folding) for kind in KINDS for folding in FOLDINGS[kind]]


def plan_of(kind: str, folding: Folding) -> DecoderPlan:
    model, _ = quantised(kind)
    names = [n.name for n in model.nodes if isinstance(n.layer, RecurrentLayer)]
    return DecoderPlan.chosen(model, {name: {"folding": folding} for name in names})


@pytest.mark.parametrize(("kind", "folding"), swept_cases(CASES, 3))
def test_steps_back_to_back_and_with_stalls(kind, folding):
    plan, (model, x_raw) = plan_of(kind, folding), quantised(kind)
    y_raw, latency, interval = simulate_amaranth(Decoder(plan), x_raw)
    np.testing.assert_array_equal(y_raw, model.compute(x_raw))
    assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)
    assert plan.layers["l0"].pace <= plan.layers["l0"].times.interval
    stalled, _, _ = simulate_amaranth(ContinuousDecoder(plan), x_raw[:10], stall_seed=1)
    np.testing.assert_array_equal(stalled, y_raw[:10])


@pytest.mark.parametrize(
    ("kind", "folding"), [("gru", Folding(1, 3)), ("lstm", Folding(4, 12)), ("esn", Folding(2, 1))]
)
def test_the_first_step_is_as_its_actors_say(kind, folding):
    """It takes longer than all others, which the control of a stage shows cycle by cycle."""
    plan = plan_of(kind, folding).layers["l0"]
    check_control(component(plan), (0.8, 0.6), cycles=3 * plan.times.latency + 100)


@pytest.mark.parametrize(("kind", "folding"), swept_cases(CASES, 3))
def test_states_are_cleared_between_two_steps(kind, folding):
    """Whenever that is asked for: what was offered before goes on as it would have."""
    plan, (model, x_raw) = plan_of(kind, folding), quantised(kind)
    dut = decoder_of(plan)
    words = word_integers(input_words(plan.interface, x_raw, seed=0), plan.interface.input_width)
    random = np.random.default_rng(5)
    taken, starts, received = [], [], []

    async def source(ctx):
        await send(ctx, dut.i, words, stalls=random_stalls(3), deadline=5000)

    async def sink(ctx):
        values, _ = await receive(
            ctx, dut.o, 2 * len(x_raw), stalls=random_stalls(4), deadline=5000
        )
        received.extend(values)

    async def clear(ctx):
        while True:
            for _ in range(int(random.integers(1, 4 * plan.latency_cycles))):
                await ctx.tick()
            ctx.set(dut.clear, 1)
            while True:
                _, _, done = await ctx.tick().sample(dut.cleared)
                if done:
                    break
            starts.append(len(taken) // plan.input_beats)
            assert not len(taken) % plan.input_beats
            ctx.set(dut.clear, 0)

    async def watch(ctx):
        while True:
            _, _, valid, ready = await ctx.tick().sample(dut.i.valid, dut.i.ready)
            if valid and ready:
                taken.append(1)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    for testbench in (source, sink):
        simulator.add_testbench(testbench)
    for testbench in (watch, clear):
        simulator.add_testbench(testbench, background=True)
    simulator.run()
    y_raw = np.array([payload[0] for payload in received]).reshape(len(x_raw), 2)
    bounds = [0, *starts, len(x_raw)]
    parts = [
        model.compute(x_raw[first:last])
        for first, last in itertools.pairwise(bounds)
        if last > first
    ]
    assert len(set(starts)) > 2
    np.testing.assert_array_equal(y_raw, np.concatenate(parts))


def test_weights_are_constants():
    plan = plan_of("gru", Folding(1, 1))
    with pytest.raises(ValueError, match="constants"):
        DecoderPlan.chosen(plan.model, {}, reloadable=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_verilog(kind, tmp_path):
    plan = plan_of(kind, FOLDINGS[kind][1])
    model = plan.model
    x_raw = model.quantise_input(steps_of(400, seed=2))
    (tmp_path / "decoder.v").write_text(to_verilog(decoder_of(plan), family=None))
    exported = ExportedDecoder(tmp_path / "decoder.v", plan.interface, None)
    bench = decoder_bench(exported, tmp_path, frames=len(x_raw))
    run = bench.run(x_raw, model.compute(x_raw), tmp_path / "whole")
    assert not run.mismatches
    assert not run.wrong_times(plan.interface)
    for seed in (None, 2):
        expected = model.compute(x_raw, steps=20)
        apart = bench.run(
            x_raw, expected, tmp_path / str(seed), stall_seed=seed, clear_every=20
        )
        assert not apart.mismatches
    assert bench.run(x_raw, expected, tmp_path / "none").mismatches
