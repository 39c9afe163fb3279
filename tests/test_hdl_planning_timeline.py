"""Timelines: against stages that are walked through cycle by cycle."""

from itertools import pairwise

import numpy as np
import pytest

from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.planning.actor import Actor, Deadlock, Phase, Slot
from build_decoder.hdl.planning.fifo_depth import with_fifos
from build_decoder.hdl.planning.live_depth import live_depths
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.timeline import Timeline, first_frame, frame_interval
from build_decoder.hdl.planning.unstalled import times_of
from tests.stages import (
    Pattern,
    random_branches,
    random_chain,
    random_meeting,
    tensor,
    walked,
)
from tests.sweeps import swept


def ends(stages, count, *, frames=None) -> list[int]:
    """Cycles in which the first ``count`` frames end."""
    beats = stages[-1].plan.output.beats
    return walked(stages, count * beats, frames=frames)[beats - 1 :: beats]


def random_stages(seed: int) -> list[Stage]:
    """A chain, or branches with FIFOs that do, ahead of one."""
    random = np.random.default_rng(seed)
    beats = int(random.integers(1, 15))
    if seed % 3:
        return random_chain(random, Port("x"), beats, int(random.integers(1, 5)), "stage")
    stages = random_branches(random, beats)
    stages = with_fifos(stages, live_depths(stages))
    source, beats = Port("join"), stages[-1].plan.output.beats
    return stages + random_chain(random, source, beats, int(random.integers(0, 2)), "stage")


def meeting(seed: int) -> list[Stage]:
    """A meeting ahead of a chain, without FIFOs."""
    random = np.random.default_rng(seed)
    beats = int(random.integers(1, 12))
    chain = random_chain(random, Port("meet"), beats, int(random.integers(0, 3)), "stage")
    return random_meeting(random, beats) + chain


@pytest.mark.parametrize("seed", range(0, 300, 10))
def test_frames_end_when_they_do_in_each_cycle(seed):
    for number in range(seed, seed + 10):
        stages = random_stages(number)
        timeline = Timeline(stages)
        assert [timeline.next_end() for _ in range(12)] == ends(stages, 12), number


@pytest.mark.parametrize("seed", range(0, 100, 10))
def test_a_frame_that_comes_alone(seed):
    for number in range(seed, seed + 10):
        stages = random_stages(number)
        # The first transfer is taken in cycle 1.
        assert ends(stages, 1, frames=1) == [first_frame(stages) + 1], number


@pytest.mark.parametrize("seed", range(0, 60, 10))
def test_the_longest_interval_of_any_frames(seed):
    for number in range(seed, seed + 10):
        stages = random_stages(number)
        intervals = [after - before for before, after in pairwise(ends(stages, 40))]
        assert frame_interval(stages) == max(intervals), number


@pytest.mark.parametrize("seed", swept(range(0, 100, 10), 3))
def test_what_is_given_to_several_and_meets_again(seed):
    for number in range(seed, seed + 10):
        stages = meeting(number)
        stages = with_fifos(stages, live_depths(stages))
        timeline = Timeline(stages)
        expected = ends(stages, 30)
        assert [timeline.next_end() for _ in range(30)] == expected, number
        assert frame_interval(stages) == max(b - a for a, b in pairwise(expected)), number
        assert ends(stages, 1, frames=1) == [first_frame(stages) + 1], number


@pytest.mark.parametrize("seed", range(0, 60, 10))
def test_stages_that_stand_still_do_so_after_as_many_frames(seed):
    stand = 0
    for number in range(seed, seed + 10):
        stages = meeting(number)
        timeline, found = Timeline(stages), []
        try:
            while len(found) < 10:
                found.append(timeline.next_end())
        except Deadlock:
            stand += 1
        beats = stages[-1].plan.output.beats
        assert found == walked(stages, 10 * beats, deadline=300)[beats - 1 :: beats], number
    assert 0 < stand < 10


def test_the_random_stages_have_all_that_there_is():
    plans = [stage.plan for seed in range(300) for stage in random_stages(seed)]
    actors = [actor for plan in plans for actor in plan.actors]
    phases = {phase for actor in actors for phase in actor.phases}
    slots = {slot for phase in phases for slot, _ in (*phase.reserve, *phase.release)}
    assert {type(plan).__name__ for plan in plans} == {"Pattern", "ForkPlan", "FifoPlan"}
    assert {actor.registers for actor in actors} == {1, 2, 3, 4}
    assert any(phase.moves and not phase.give for phase in phases)
    assert any(not phase.take and not phase.give for phase in phases)
    assert any(len(phase.give) > 1 for phase in phases)
    assert len({(slot.units, slot.delay) for slot in slots}) > 10


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_times_of_a_stage_by_itself(seed):
    for number in range(seed, seed + 20):
        random = np.random.default_rng(number)
        stages = random_chain(random, Port("x"), int(random.integers(1, 15)), 1, "stage")
        *expected, pace = times_of(stages[0].plan.actors)
        assert [first_frame(stages), frame_interval(stages)] == expected, number
        found = ends(stages, 49)
        assert pace == -(-(found[-1] - found[-13]) // 12), number


@pytest.mark.parametrize(("seed", "intervals"), [(9, [24, 30]), (46, [26, 29])])
def test_intervals_that_differ_from_frame_to_frame(seed, intervals):
    stages = random_stages(seed)
    last = [after - before for before, after in pairwise(ends(stages, 40))][-10:]
    assert last in (intervals * 5, intervals[::-1] * 5)
    assert frame_interval(stages) == intervals[1]


def alone(*actors) -> list[Stage]:
    return [Stage("stage", Pattern((tensor(2),), tensor(2), actors), (Port("x"),))]


def test_long_phases_take_few_steps():
    stages = [
        Stage(
            "stage",
            Pattern(
                (tensor(10**9),),
                tensor(1),
                (Actor((Phase(10**9 - 1, take=(0,)), Phase(take=(0,), give=(0,)))),),
            ),
            (Port("x"),),
        )
    ]
    assert first_frame(stages) == 10**9
    assert frame_interval(stages) == 10**9


@pytest.mark.parametrize("run", [frame_interval, lambda stages: times_of(stages[0].plan.actors)])
def test_actors_that_wait_for_each_other_are_told(run):
    free, full = Slot(), Slot()
    collect = Phase(2, take=(0,), reserve=((free, 1),), release=((full, 1),))
    drain = Phase(2, give=(0,), reserve=((full, 1),), release=((free, 1),))
    with pytest.raises(Deadlock, match=r"^expected (actors|stages) that go on, got .*\d* "):
        run(alone(Actor((collect,)), Actor((drain,))))


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_a_fifo_holds_as_much_as_its_depth(depth):
    # A transfer is in the fork's register; the FIFO must hold the others that come ahead.
    for held in (depth, depth + 1):
        turns = Phase(held + 1, take=(0,), give=(0,)), Phase(held + 1, take=(1,), give=(0,))
        beats = tensor(held + 1)
        join = Pattern((beats, beats), tensor(2 * held + 2), (Actor(turns),))
        stages = [
            Stage("fork", ForkPlan(beats, 2), (Port("x"),)),
            Stage("fifo", FifoPlan(beats, depth), (Port("fork", 1),)),
            Stage("join", join, (Port("fork", 0), Port("fifo"))),
        ]
        if held == depth:
            assert first_frame(stages) > 0
        else:
            with pytest.raises(Deadlock):
                first_frame(stages)


def test_two_actors_that_reserve_or_release_the_same_are_refused():
    slot = Slot(1)
    reserves, releases = Phase(reserve=((slot, 1),)), Phase(release=((slot, 1),))
    for phase, what in ((reserves, "reserves"), (releases, "releases")):
        actors = Actor((Phase(2, take=(0,), give=(0,)), phase)), Actor((phase,))
        with pytest.raises(ValueError, match=f"expected slots that one actor {what}, got two"):
            Timeline(alone(*actors))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Slot(-1), "expected 0 units or more after 1 cycle or more, got"),
        (lambda: Slot(1, 0), "expected 0 units or more after 1 cycle or more, got"),
        (lambda: Phase(0), "expected a phase of at least 1 cycle, got 0"),
        (lambda: Actor(()), "expected at least 1 phase, got none"),
        (lambda: Actor((Phase(),), 0), "expected at least 1 register, got 0"),
    ],
)
def test_what_is_no_control(make, message):
    with pytest.raises(ValueError, match=message):
        make()
