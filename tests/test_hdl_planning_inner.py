"""Actors that neither take nor give: what is remembered of them is what they do."""

from itertools import pairwise

import numpy as np
import pytest

from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.timeline import Timeline, first_frame, frame_interval
from tests.stages import Pattern, random_chain, tensor, walked

FRAMES = 6


def passes(random, steps: int) -> tuple[Actor, ...]:
    """Actors of a layer that goes many times over each transfer: one that takes, two that only
    wait for slots, one that gives a transfer for each."""
    space, there = Slot(int(random.integers(1, 4)), int(random.integers(1, 3))), Slot()
    free, finished = Slot(int(random.integers(1, 3))), Slot(0, int(random.integers(1, 9)))
    state, room = Slot(0, int(random.integers(1, 20))), Slot(int(random.integers(1, 3)))
    given, count = Slot(0, int(random.integers(1, 9))), int(random.integers(9, 12))
    # Of a layer that begins with the last one, all must be there.
    needed = steps if random.random() < 0.3 and space.units >= steps else 1
    goes_over, drains = [], []
    for step in range(steps):
        waits = needed == 1 or step == 0
        begins = (((there, needed),) if waits else ()) + (((state, 1),) if step else ())
        goes_over.append(Phase(int(random.integers(1, 5)), reserve=begins))
        goes_over += [
            phase
            for _ in range(count)
            for phase in (
                Phase(reserve=((free, 1),), release=((finished, 1),)),
                Phase(int(random.integers(1, 4))),
            )
        ]
        goes_over.append(Phase(release=((space, 1),)))
        drains += [
            phase
            for number in range(count)
            for phase in (
                Phase(reserve=((finished, 1), (room, 1)) if number == 2 else ((finished, 1),)),
                Phase(int(random.integers(1, 4)), release=((free, 1),)),
            )
        ]
        last = ((given, 1),) if step == steps - 1 else ((given, 1), (state, 1))
        drains.append(Phase(release=last))
    return (
        Actor((Phase(take=(0,), reserve=((space, 1),), release=((there, 1),)),) * steps),
        Actor(tuple(goes_over)),
        Actor(tuple(drains)),
        Actor((Phase(give=(0,), reserve=((given, 1),), release=((room, 1),)),) * steps),
    )


def stages_of(seed: int) -> list[Stage]:
    """Such a layer, or two, between stages that hold it up."""
    random = np.random.default_rng(seed)
    beats = int(random.integers(1, 5))
    stages = random_chain(random, Port("x"), beats, int(random.integers(0, 2)), "before")
    for number in range(int(random.integers(1, 3))):
        source = Port(stages[-1].name) if stages else Port("x")
        beats = stages[-1].plan.output.beats if stages else beats
        plan = Pattern((tensor(beats),), tensor(beats), passes(random, beats))
        stages.append(Stage(f"layer{number}", plan, (source,)))
    return stages + slow(random, Port(stages[-1].name), beats)


def slow(random, source: Port, beats: int) -> list[Stage]:
    """Takes each transfer as late as it likes, or is not there."""
    if random.random() < 0.4:
        return []
    rests = Phase(take=(0,), give=(0,)), Phase(int(random.integers(1, 90)))
    plan = Pattern((tensor(beats),), tensor(beats), (Actor(rests * beats),))
    return [Stage("slow", plan, (source,))]


@pytest.mark.parametrize("seed", range(0, 24, 8))
def test_frames_end_when_they_do_in_each_cycle(seed):
    held_up = set()
    for number in range(seed, seed + 8):
        stages = stages_of(number)
        inner = [control.inner for stage in stages if (control := stage.plan.control).inner]
        assert inner
        beats = stages[-1].plan.output.beats
        expected = walked(stages, FRAMES * beats)[beats - 1 :: beats]
        # What is remembered of the first run serves the others.
        for _ in range(3):
            timeline = Timeline(stages)
            assert [timeline.next_end() for _ in range(FRAMES)] == expected, number
        longest = max(b - a for a, b in pairwise(expected))
        assert frame_interval(stages) == longest, number
        assert first_frame(stages) + 1 == expected[0], number
        states = [state for each in inner for state in each._states.values()]
        held_up |= {late > 0 for state in states for _, late in state.moves}
    assert held_up == {False, True}


def test_what_they_did_once_is_looked_up(monkeypatch):
    stages = stages_of(3)
    frame_interval(stages)
    for stage in stages:
        if inner := stage.plan.control.inner:
            monkeypatch.setattr(inner, "_run", None)
    assert frame_interval(stages) > 0


def test_actors_that_wait_for_others_all_the_time_are_run_one_by_one():
    free, full = Slot(1), Slot()
    walks = Phase(2, reserve=((full, 1),), release=((free, 1),))
    actors = Actor((Phase(take=(0,), reserve=((free, 1),), release=((full, 1),)),)), Actor((walks,))
    gives = Actor((Phase(give=(0,)),))
    plan = Pattern((tensor(1),), tensor(1), (*actors, gives))
    assert plan.control.inner is None
    assert plan.control.outer == plan.actors
