"""Stream helpers in Amaranth's simulator, and decoders run with them."""

import numpy as np
import pytest
from amaranth.sim import Simulator
from frame_sum import Fault, FrameSum, FrameSumComponent

from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.streams import StreamError, no_stalls, random_stalls, receive, send

DESIGN = FrameSum(count=10, lanes=4, width=8, outputs=3)


def test_no_stalls_gives_documented_times():
    x = DESIGN.elements(20, seed=1)
    y, latency, interval = simulate_amaranth(FrameSumComponent(DESIGN), x)
    np.testing.assert_array_equal(y, DESIGN.compute(x))
    assert (latency, interval) == (DESIGN.latency_cycles, DESIGN.frame_cycles)


def test_a_single_frame_has_no_interval():
    x = DESIGN.elements(1, seed=1)
    y, latency, interval = simulate_amaranth(FrameSumComponent(DESIGN), x)
    np.testing.assert_array_equal(y, DESIGN.compute(x))
    assert (latency, interval) == (DESIGN.latency_cycles, None)


@pytest.mark.parametrize("seed", range(5))
def test_random_stalls_change_no_value(seed):
    x = DESIGN.elements(20, seed=seed)
    y, _, interval = simulate_amaranth(FrameSumComponent(DESIGN), x, stall_seed=seed)
    np.testing.assert_array_equal(y, DESIGN.compute(x))
    assert interval > DESIGN.frame_cycles


@pytest.mark.parametrize(
    ("fault", "frame", "stall_seed", "finding"),
    [
        (Fault.DROPPED, 7, None, "transfer 59 of 60 did not come for"),
        (Fault.DUPLICATED, 19, None, "a transfer too many was offered"),
        (Fault.CHANGING, slice(None), 1, "was offered, and not held until taken"),
        (Fault.WITHDRAWN, slice(None), 1, "was offered, and not held until taken"),
        (Fault.HANGING, 7, None, "transfer 21 of 60 did not come for"),
        (Fault.HANGING, 7, 1, "transfer 21 of 60 did not come for"),
    ],
)
def test_finds_fault(fault, frame, stall_seed, finding):
    x = DESIGN.elements(20, seed=1)
    x[frame, 0] = fault
    with pytest.raises(StreamError, match=finding):
        simulate_amaranth(FrameSumComponent(DESIGN), x, stall_seed=stall_seed)


def test_a_wrong_value_is_returned():
    x = DESIGN.elements(5, seed=1)
    x[2, 0] = Fault.WRONG
    y, _, _ = simulate_amaranth(FrameSumComponent(DESIGN), x)
    assert np.argwhere(y != DESIGN.compute(x)).tolist() == [[2, 0]]


def _run(*testbenches):
    component = FrameSumComponent(DESIGN)
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    for testbench in testbenches:

        async def run(ctx, testbench=testbench):
            await testbench(ctx, component)

        simulator.add_testbench(run)
    simulator.run()


def test_payloads_as_the_layout_takes_them_and_cycles_of_transfers():
    found = []

    async def source(ctx, component):
        found.append(await send(ctx, component.i, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 0]]))

    async def sink(ctx, component):
        payloads, cycles = await receive(ctx, component.o, 3)
        found.append(([payload[0] for payload in payloads], cycles))

    _run(source, sink)
    assert found == [[0, 1, 2], ([45, 46, 47], [3, 4, 5])]


def test_send_does_not_wait_for_ever():
    async def source(ctx, component):
        await send(ctx, component.i, range(4), deadline=20)

    with pytest.raises(StreamError, match="transfer 3 was not taken for 20 cycles"):
        _run(source)


def test_receive_does_not_wait_for_ever():
    async def sink(ctx, component):
        await receive(ctx, component.o, 1, deadline=20)

    with pytest.raises(StreamError, match="transfer 0 of 1 did not come for 20 cycles"):
        _run(sink)


def test_stalls_of_its_own_do_not_count_as_waiting():
    async def source(ctx, component):
        await send(ctx, component.i, range(3))

    async def sink(ctx, component):
        cycle = iter(range(1000))
        await receive(ctx, component.o, 3, deadline=20, stalls=lambda _: next(cycle) > 200)

    _run(source, sink)


def test_random_stalls_have_every_kind_of_epoch():
    offers = np.random.default_rng(0).random(20_000) < 0.5
    stalls = random_stalls(1)
    went = np.array([stalls(bool(offer)) for offer in offers])
    again = random_stalls(1)
    assert went.tolist() == [again(bool(offer)) for offer in offers]
    runs = np.diff(np.flatnonzero(np.diff(went)))
    assert 0.3 < went.mean() < 0.9
    assert runs.max() > 50
    assert (runs == 1).sum() > 500
    assert all(no_stalls(bool(offer)) for offer in offers[:10])
