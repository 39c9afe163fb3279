"""Depths of FIFOs: stages never stand still, and frames come as quickly as they can."""

import numpy as np
import pytest

from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.fifo_depth import Edge, with_fifos
from build_decoder.hdl.planning.live_depth import live_depths
from build_decoder.hdl.planning.quick_depth import quick_depths
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.timeline import frame_interval
from tests.stages import Pattern, random_branches, tensor, walked
from tests.sweeps import swept

FRAMES = 4


def branches(seed: int) -> list[Stage]:
    random = np.random.default_rng(seed)
    return random_branches(random, int(random.integers(1, 12)))


def transfers_out(stages, depths, *, seed=None) -> int:
    """Transfers out of some frames, which stalls hold up where there is a seed."""
    random = np.random.default_rng(seed)
    probability = random.choice((0.1, 0.5, 0.9))
    stalls = (lambda: False) if seed is None else (lambda: bool(random.random() < probability))
    wanted = FRAMES * stages[-1].plan.output.beats
    return len(walked(with_fifos(stages, depths), wanted, stalls=stalls, deadline=400)) - wanted


def with_one_register(stages) -> list[Stage]:
    """The same stages, whose outputs have a single register each."""
    made = []
    for stage in stages:
        plan = stage.plan
        if isinstance(plan, Pattern):
            actors = tuple(Actor(actor.phases) for actor in plan.actors)
            plan = Pattern(plan.inputs, plan.output, actors)
        made.append(Stage(stage.name, plan, stage.inputs))
    return made


@pytest.mark.parametrize("seed", swept(range(0, 150, 5), 3))
def test_random_branches_never_stand_still_however_they_are_stalled(seed):
    for number in range(seed, seed + 5):
        stages = branches(number)
        depths = live_depths(stages)
        for stalls in (None, 1, 2):
            assert transfers_out(stages, depths, seed=stalls) == 0, (number, stalls)


@pytest.mark.parametrize("seed", range(0, 100, 10))
def test_random_branches_stand_still_with_less(seed):
    tried = 0
    for number in range(seed, seed + 10):
        stages = with_one_register(branches(number))
        depths = live_depths(stages)
        assert transfers_out(stages, depths) == 0
        for edge, depth in depths.items():
            if depth:
                # There is no FIFO of one transfer.
                less = {**depths, edge: depth - 1 if depth > 2 else 0}
                assert transfers_out(stages, less) < 0, (number, edge)
                tried += 1
    assert tried


@pytest.mark.parametrize("seed", range(0, 60, 10))
def test_random_branches_at_full_speed(seed):
    for number in range(seed, seed + 10):
        stages = branches(number)
        live = live_depths(stages)
        quick = quick_depths(stages, live)
        assert all(quick[edge] >= depth for edge, depth in live.items())
        intervals = [
            frame_interval(with_fifos(stages, depths))
            for depths in (live, quick, {edge: 1000 for edge in live})
        ]
        assert intervals[0] >= intervals[1]
        assert intervals[1] <= intervals[2]


def fork_and_join(*, turns: int, each: int, latency: int) -> list[Stage]:
    """A fork to a join, straight and by a stage that holds up to ``latency`` transfers; the join
    takes ``each`` of the latter and then as many of the former, ``turns`` times."""
    beats = turns * each
    free, full = Slot(latency), Slot(0, latency)
    collect = Phase(take=(0,), reserve=((free, 1),), release=((full, 1),))
    give = Phase(give=(0,), reserve=((full, 1),), release=((free, 1),))
    slow = Actor((collect,) * beats), Actor((give,) * beats)
    joined = Phase(each, take=(0,), give=(0,)), Phase(each, take=(1,), give=(0,))
    join = Pattern((tensor(beats),) * 2, tensor(2 * beats), (Actor(joined * turns),))
    return [
        Stage("fork", ForkPlan(tensor(beats), 2), (Port("x"),)),
        Stage("slow", Pattern((tensor(beats),), tensor(beats), slow), (Port("fork", 1),)),
        Stage("join", join, (Port("slow"), Port("fork", 0))),
    ]


@pytest.mark.parametrize("each", [1, 2, 3, 7, 50])
def test_a_branch_waits_for_as_many_as_the_join_takes_of_the_other(each):
    # One of them has a place in the fork's register; a FIFO's own makes no difference to the rest.
    stages = fork_and_join(turns=3, each=each, latency=1)
    expected = 0 if each == 1 else max(each - 1, 2)
    assert live_depths(stages) == {Edge("join", 0): 0, Edge("join", 1): expected}


def test_a_slow_branch_needs_more_for_full_speed_than_to_go_on():
    stages = fork_and_join(turns=40, each=1, latency=20)
    live = live_depths(stages)
    quick = quick_depths(stages, live)
    assert set(live.values()) == {0}
    assert quick[Edge("join", 0)] == 0
    # What the slow branch holds, the other one holds too.
    assert quick[Edge("join", 1)] > 5
    intervals = [frame_interval(with_fifos(stages, depths)) for depths in (live, quick)]
    assert intervals[0] > 3 * intervals[1]
    less = {**quick, Edge("join", 1): quick[Edge("join", 1)] - 1}
    assert frame_interval(with_fifos(stages, less)) > intervals[1]


def test_no_fifo_where_there_is_nothing_to_wait_for():
    stages = fork_and_join(turns=3, each=1, latency=1)[:2]
    assert live_depths(stages) == {}
    assert quick_depths(stages, {}) == {}
    assert with_fifos(stages, {}) == stages
