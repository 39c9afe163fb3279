"""Packers: the values of each frame, one taken a cycle, and held while they are not."""

import numpy as np
import pytest

from build_decoder.hdl.adapters.packer.component import Packer
from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.streams import expect_silence, no_stalls, random_stalls, receive, send
from tests.rtl import simulate

SHAPES = [(2, 6), (3, 7), (4, 1), (5, 3), (2, 2), (6, 17)]


def run(dut, values: list[int], transfers: int, stalls=(no_stalls, no_stalls)):
    """Cycles in which values were taken, and payloads and cycles of transfers."""
    sent, received = [], []

    async def source(ctx):
        sent.extend(await send(ctx, dut.i, [[v] for v in values], stalls=stalls[0]))

    async def sink(ctx):
        payloads, cycles = await receive(ctx, dut.o, transfers, stalls=stalls[1])
        await expect_silence(ctx, dut.o, 20)
        received.extend([[list(payload) for payload in payloads], cycles])

    simulate(dut, source, sink)
    return sent, *received


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize(("lanes", "count"), SHAPES)
def test_gathers_frames(lanes, count, seed):
    frames = np.random.default_rng(0).integers(-8, 8, (9, count))
    stalls = [no_stalls] * 2 if seed is None else [random_stalls(seed), random_stalls(seed + 9)]
    beats = -(-count // lanes)
    dut = Packer(PackerPlan(Tensor((count,), QFormat(4, 0), 1), lanes))
    assert (len(dut.i.payload), len(dut.o.payload)) == (1, lanes)
    _, payloads, _ = run(dut, frames.ravel().tolist(), 9 * beats, stalls)
    for frame, values in enumerate(np.reshape(payloads, (9, beats * lanes))):
        np.testing.assert_array_equal(values[:count], frames[frame])


@pytest.mark.parametrize(("lanes", "count"), SHAPES)
def test_takes_one_value_each_cycle_and_shows_a_transfer_in_the_next(lanes, count):
    plan = PackerPlan(Tensor((count,), QFormat(4, 0), 1), lanes)
    number = 5 * count
    ends = [
        frame * count + min(start + lanes, count) - 1
        for frame in range(5) for start in range(0, count, lanes)
    ]
    sent, _, cycles = run(Packer(plan), [n % 8 for n in range(number)], len(ends))
    assert sent == list(range(number))
    assert cycles == [end + 1 for end in ends]
    assert plan.times == (cycles[-(-count // lanes) - 1], count, count)


@pytest.mark.parametrize(("lanes", "count"), [(2, 6), (3, 7)])
def test_waits_for_a_transfer_that_is_not_taken_and_for_nothing_else(lanes, count):
    dut = Packer(PackerPlan(Tensor((count,), QFormat(4, 0), 1), lanes))
    random = np.random.default_rng(4)
    waited = []

    async def testbench(ctx):
        for _ in range(400):
            ctx.set(dut.i.valid, int(random.integers(2)))
            ctx.set(dut.o.ready, int(random.integers(2)))
            waiting = ctx.get(dut.o.valid) and not ctx.get(dut.o.ready)
            assert ctx.get(dut.i.ready) == (not waiting)
            waited.append(waiting)
            await ctx.tick()

    simulate(dut, testbench)
    assert 20 < sum(waited) < 380
