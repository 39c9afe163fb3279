"""Latency where time steps come at a pace: as it is when a decoder is simulated so."""

import numpy as np
import pytest
from amaranth.hdl import Value
from amaranth.sim import Simulator

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.engine.stages import on_engine
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.interface import SETTLING_CYCLES
from build_decoder.sim.random_columns import random_columns
from build_decoder.sim.streams import receive
from tests.sweeps import swept_cases
from tests.test_hdl_columns import like_mini, quantised


def measured(plan: DecoderPlan, interval: int, frames: int) -> int:
    """Cycles from the first value of the last time step to the last output, at most."""
    decoder, ends = Decoder(plan), []
    steps, beats = plan.input.steps, plan.input.step_beats
    due = [SETTLING_CYCLES + frame * interval + step * (interval // steps)
           for frame in range(frames) for step in range(steps)]

    async def stimulus(ctx):
        cycle = 0
        for time in np.repeat(due, beats).tolist():
            while cycle < time:
                await ctx.tick()
                cycle += 1
            ctx.set(decoder.i.valid, 1)
            ready = False
            while not ready:
                _, _, ready = await ctx.tick().sample(decoder.i.ready)
                cycle += 1
            ctx.set(decoder.i.valid, 0)

    async def scoreboard(ctx):
        outputs = plan.model.output_count
        _, cycles = await receive(ctx, decoder.o, frames * outputs, sample=Value.cast(0))
        ends.extend(cycles[outputs - 1 :: outputs])

    simulator = Simulator(decoder)
    simulator.add_clock(1e-6)
    simulator.add_testbench(stimulus)
    simulator.add_testbench(scoreboard)
    simulator.run()
    last = due[steps - 1 :: steps]
    return max(end - begins for end, begins in zip(ends, last, strict=True))


@pytest.mark.parametrize(
    ("seed", "slower"),
    swept_cases(((n, slower) for n in range(6) for slower in ((1, 1.5), (1.5, 1))[n % 2]), 2),
)
def test_latency_is_that_of_a_simulation(seed, slower):
    plan = random_columns(np.random.default_rng([7, seed])).plan
    interval = int(plan.frame_cycles * slower) + plan.input.steps
    assert plan.latency_at_pace(interval) == measured(plan, interval, 4)


@pytest.mark.parametrize("early", [0, 3])
def test_latency_of_an_engine(early):
    model, _ = quantised(like_mini())
    plan = on_engine(model, 2, 4, early=early)
    interval = plan.frame_cycles + 100
    assert plan.latency_at_pace(interval) == measured(plan, interval, 3)


def test_a_frame_of_one_step_counts_whole():
    for seed in range(40):
        plan = random_columns(np.random.default_rng([8, seed])).plan
        if plan.input.steps == 1:
            assert plan.latency_at_pace(10 * plan.frame_cycles) == plan.latency_cycles
            return
    raise AssertionError("expected a network of one step")
