"""Forks, joins and FIFOs: values, whatever is stalled."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.hdl.adapters.fifo.component import Fifo
from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.adapters.fork.component import Fork
from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.adapters.join.component import Join
from build_decoder.hdl.adapters.join.plan import JoinPlan
from build_decoder.hdl.adapters.replay.component import Replay
from build_decoder.hdl.adapters.replay.plan import ReplayPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.operations.union import Concatenate
from build_decoder.quant.qformat import QFormat
from tests.rtl import simulate
from tests.stage_rig import FRAMES, check_control, random_frames, run


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize("outputs", [2, 3, 5])
def test_a_fork_gives_everything_to_each(outputs, seed):
    plan = ForkPlan(Tensor((5,), QFormat(4, 0), 2), outputs)
    frames = random_frames(plan.tensor)
    got, taken, cycles = run(Fork(plan), [frames], seed=seed)
    assert len(got) == outputs
    for each in got:
        np.testing.assert_array_equal(each, frames)
    if seed is None:
        assert taken[0] == list(range(FRAMES * 3))
        assert cycles == [[cycle + 1 for cycle in taken[0]]] * outputs


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize("depth", [2, 3, 4, 16])
def test_a_fifo_keeps_the_order(depth, seed):
    plan = FifoPlan(Tensor((7,), QFormat(2, 3, signed=False), 1), depth)
    frames = random_frames(plan.tensor)
    (got,), taken, (cycles,) = run(Fifo(plan), [frames], seed=seed)
    np.testing.assert_array_equal(got, frames)
    if seed is None:
        assert cycles == [cycle + 2 for cycle in taken[0]]
        # A single place in the memory is free in every second cycle.
        assert taken[0] == list(range(0, FRAMES * 7 * (1 + (depth == 2)), 1 + (depth == 2)))


def test_a_fifo_takes_its_depth_before_anything_is_taken_from_it():
    for depth in (2, 3, 9):
        dut = Fifo(FifoPlan(Tensor((7,), QFormat(4, 0), 1), depth))
        taken = 0

        async def testbench(ctx, dut=dut):
            nonlocal taken
            ctx.set(dut.i.valid, 1)
            for _ in range(4 * 9):
                taken += ctx.get(dut.i.ready)
                await ctx.tick()

        simulate(dut, testbench)
        assert taken == depth


FORMATS = (QFormat(4, 0), QFormat(2, 3, signed=False), QFormat(1, 1))


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize(
    ("shapes", "lanes"),
    [
        ([(3,), (2,)], 1),
        ([(4,), (2,), (3,)], 2),
        ([(2, 3), (2, 1)], 1),
        ([(2, 4), (2, 2), (2, 1)], 2),
        ([(2, 2, 3), (2, 2, 6)], 3),
    ],
)
def test_a_join_is_the_concatenation(shapes, lanes, seed):
    parts = tuple(
        Tensor(shape, format, lanes) for shape, format in zip(shapes, FORMATS, strict=False)
    )
    plan = JoinPlan(parts)
    frames = [random_frames(part, number) for number, part in enumerate(parts)]
    shaped = [each.reshape(FRAMES, *part.shape) for each, part in zip(frames, parts, strict=True)]
    expected = Concatenate(tuple(part.format for part in parts)).compute(*shaped)
    (got,), taken, (cycles,) = run(Join(plan), frames, seed=seed)
    np.testing.assert_array_equal(got, expected.reshape(FRAMES, -1))
    assert plan.output.shape == expected.shape[1:]
    if seed is None:
        # A transfer is taken in each cycle, and offered in the next one.
        assert sorted(cycle for each in taken.values() for cycle in each) == list(
            range(FRAMES * plan.output.beats)
        )
        assert cycles == list(range(1, FRAMES * plan.output.beats + 1))


def vector(count: int, lanes: int) -> Tensor:
    return Tensor((count,), QFormat(4, 0), lanes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ForkPlan(vector(3, 1), 1), "expected a fork to at least 2 outputs, got 1"),
        (lambda: FifoPlan(vector(3, 1), 1), "expected a FIFO of at least 2 transfers, got 1"),
        (lambda: JoinPlan((vector(3, 1),)), "expected a join of at least 2 inputs, got 1"),
        (
            lambda: JoinPlan((vector(4, 1), vector(4, 2))),
            r"expected inputs of as many lanes each, got \[1, 2\]",
        ),
        (
            lambda: JoinPlan((vector(4, 1), Tensor((1, 4), QFormat(4, 0), 1))),
            r"expected inputs that differ in the last axis, got shapes \[\(4,\), \(1, 4\)\]",
        ),
        # Values of both would share a transfer.
        (
            lambda: JoinPlan((vector(5, 2), vector(4, 2))),
            "expected lanes that divide the inputs' last axes, got 2",
        ),
        (
            lambda: JoinPlan((Tensor((1, 2, 4), QFormat(4, 0), 4),) * 2 + (
                Tensor((1, 2, 3), QFormat(4, 0), 4),
            )),
            "expected lanes that divide the inputs' last axes, got 4",
        ),
    ],
)
def test_what_is_no_plan(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize("order", [(2, 0, 1), (0,), (5, 3, 1, 0, 2, 4), (1, 0)])
def test_a_replay_changes_the_order_in_each_block(order, seed):
    plan = ReplayPlan(Tensor((2, 6), QFormat(4, 1), 1), order)
    frames = random_frames(plan.tensor)
    (got,), taken, (cycles,) = run(Replay(plan), [frames], seed=seed)
    blocks = frames.reshape(len(frames), -1, len(order))[:, :, list(order)]
    np.testing.assert_array_equal(got, blocks.reshape(len(frames), -1))
    if seed is None:
        assert taken[0] == list(range(FRAMES * 12))
        assert cycles == [len(order) + 1 + cycle for cycle in taken[0]]


@pytest.mark.parametrize("order", [(2, 0, 1), (0,), (1, 0)])
def test_control_of_a_replay(order):
    plan = ReplayPlan(Tensor((2, 6), QFormat(4, 1), 1), order)
    check_control(Replay(plan), (1, 1), (1, 0.5), (0.5, 1), (0.5, 0.5))


def test_replays_that_there_are_not():
    values = Tensor((2, 6), QFormat(4, 1), 1)
    for plan, message in (
        ((replace(values, lanes=2), (0, 1)), "expected single values to order, got 2 a transfer"),
        ((values, (0, 2)), "expected each value of a block once"),
        ((values, (0, 1, 2, 4, 3)), "expected whole blocks of 5 values, got 12"),
    ):
        with pytest.raises(ValueError, match=message):
            ReplayPlan(*plan)
