"""Random stages without hardware, and a plain simulation of stages that follows their words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.qformat import QFormat

__all__ = [
    "Pattern",
    "random_actors",
    "random_branches",
    "random_chain",
    "random_meeting",
    "tensor",
    "walked",
]


def tensor(beats: int) -> Tensor:
    """Single values, so many a frame."""
    return Tensor((beats,), QFormat(4, 0), 1)


@dataclass(frozen=True)
class Pattern(Plan):
    """A stage that is nothing but its control."""

    name = "pattern"
    inputs: tuple[Tensor, ...]
    output: Tensor
    actors: tuple[Actor, ...]


def parts(random, total: int, count: int) -> list[int]:
    """``count`` numbers from 0 up, with a sum of ``total``."""
    cuts = np.sort(random.integers(0, total + 1, count - 1))
    return np.diff(cuts, prepend=0, append=total).tolist()


def random_actors(random, beats: int) -> tuple[int, tuple[Actor, ...]]:
    """Transfers out of a frame, and actors that take ``beats`` transfers in."""
    registers = int(random.integers(1, 5))
    kind = random.integers(3)
    out = int(random.integers(1, 12))
    if kind == 0:
        # One actor takes some, gives some, rests, and so on.
        turns = int(random.integers(1, 4))
        takes, gives = parts(random, beats, turns), parts(random, out, turns)
        # A frame begins with a transfer in.
        takes.sort(reverse=True)
        phases = []
        for taken, given in zip(takes, gives, strict=True):
            if taken:
                phases.append(Phase(taken, take=(0,), moves=bool(random.integers(2))))
            if random.random() < 0.3:
                phases.append(Phase(int(random.integers(1, 9)), moves=bool(random.integers(2))))
            if given:
                phases.append(Phase(given, give=(0,)))
        return out, (Actor(tuple(phases), registers),)
    if kind == 1:
        # Transfers pass, one by one.
        return beats, (Actor((Phase(beats, take=(0,), give=(0,)),), registers),)
    # One actor collects, and perhaps goes over it again; another one drains.
    passes = int(random.integers(1, 4))
    places = Slot(int(random.integers(1, 4)), int(random.integers(1, 4)))
    filled = Slot(0, int(random.integers(1, 9)))
    late = bool(random.integers(2))

    def collect(take):
        signals = {"reserve": ((places, 1),), "release": ((filled, 1),)}
        if late and beats > 1:
            return [Phase(beats - 1, take=take), Phase(take=take, **signals)]
        return [Phase(beats, take=take, **signals)]

    groups = [int(random.integers(1, 6)) for _ in range(passes)]
    drains = [
        Phase(group, give=(0,), reserve=((filled, 1),), release=((places, 1),)) for group in groups
    ]
    collects = collect((0,)) + (passes - 1) * collect(())
    return sum(groups), (Actor(tuple(collects)), Actor(tuple(drains), registers))


def random_chain(random, source: Port, beats: int, length: int, name: str) -> list[Stage]:
    """Stages in a row, which take ``beats`` transfers a frame from ``source``."""
    stages = []
    for number in range(length):
        out, actors = random_actors(random, beats)
        plan = Pattern((tensor(beats),), tensor(out), actors)
        stages.append(Stage(f"{name}{number}", plan, (source,)))
        source, beats = Port(stages[-1].name), out
    return stages


def random_branches(random, beats: int) -> list[Stage]:
    """A fork, branches of up to two stages each, and a join that takes them in turns."""
    branches = int(random.integers(2, 4))
    stages = [Stage("fork", ForkPlan(tensor(beats), branches), (Port("x"),))]
    sources, lengths = [], []
    for branch in range(branches):
        source, length = Port("fork", branch), int(random.integers(0, 3))
        chain = random_chain(random, source, beats, length, f"branch{branch}_")
        stages += chain
        sources.append(Port(chain[-1].name) if chain else source)
        lengths.append(chain[-1].plan.output.beats if chain else beats)
    turns = int(random.integers(1, 4))
    taken = [parts(random, length, turns) for length in lengths]
    phases = [
        Phase(taken[branch][turn], take=(branch,), give=(0,))
        for turn in range(turns)
        for branch in random.permutation(branches).tolist()
        if taken[branch][turn]
    ]
    inputs = tuple(map(tensor, lengths))
    joined = Actor(tuple(phases), int(random.integers(1, 4)))
    join = Pattern(inputs, tensor(sum(lengths)), (joined,))
    return [*stages, Stage("join", join, tuple(sources))]


def columns(random, beats: int) -> tuple[Actor, ...]:
    """Actors that keep transfers while windows go over them, and give one for each."""
    before, behind = random.integers(0, 3, 2).tolist()
    there = [min(step + behind, beats - 1) + 1 for step in range(beats)]
    gone = [max(step - before, 0) for step in range(beats)] + [beats]
    kept = max(now - less for now, less in zip(there, gone, strict=False))
    space, full = Slot(kept + int(random.integers(0, 3)), int(random.integers(1, 3))), Slot()
    free, finished = Slot(int(random.integers(1, 3))), Slot(0, int(random.integers(1, 9)))
    goes_over = []
    for step, now in enumerate(there):
        more, less = now - [0, *there][step], gone[step + 1] - gone[step]
        goes_over += [
            Phase(2, reserve=((full, more), (free, 1))),
            Phase(int(random.integers(1, 4)), release=((finished, 1), (space, less))),
        ]
    return (
        Actor((Phase(take=(0,), reserve=((space, 1),), release=((full, 1),)),) * beats),
        Actor(tuple(goes_over)),
        Actor(
            (Phase(give=(0,), reserve=((finished, 1),), release=((free, 1),)),) * beats,
            int(random.integers(1, 5)),
        ),
    )


def random_meeting(random, beats: int) -> list[Stage]:
    """A stage that gives to two others, at once or one after the other, and what becomes of both
    meets in one that takes from both at once."""
    phases = []
    for count in parts(random, beats, 3):
        first, second = random.permutation(2).tolist()
        moves = bool(random.integers(2))
        take = {"count": count, "take": (0,)}
        if count:
            phases += [
                [Phase(**take, give=(first, second))],
                [Phase(**take, give=(first,)), Phase(count, give=(second,), moves=moves)],
                [Phase(**take, moves=moves), Phase(count, give=(0, 1)), Phase(moves=True)],
            ][random.integers(3)]
    given = Pattern(
        (tensor(beats),), tensor(beats), (Actor(tuple(phases), int(random.integers(1, 5))),)
    )
    kept = Pattern((tensor(beats),), tensor(beats), columns(random, beats))
    both = Actor((Phase(beats, take=(0, 1), give=(0,)),), int(random.integers(1, 5)))
    meet = Pattern((tensor(beats),) * 2, tensor(beats), (both,))
    return [
        Stage("given", given, (Port("x"),)),
        Stage("kept", kept, (Port("given", 1),)),
        Stage("meet", meet, (Port("given", 0), Port("kept"))),
    ]


def walked(
    stages: Sequence[Stage],
    transfers: int,
    *,
    frames: int | None = None,
    stalls: Callable[[], bool] = lambda: False,
    deadline: int = 2000,
) -> list[int]:
    """Cycles in which transfers leave, the first ``transfers`` of them, or fewer.

    Parameters
    ----------
    frames
        Frames that come in; None for ever.
    stalls
        Whether an input does not come, or an output is not taken, asked each cycle.
    deadline
        Cycles without a transfer out after which no more is waited for.
    """
    walk = _Walk(stages, frames, stalls)
    left, last = [], 0
    while len(left) < transfers and walk.cycle - last < deadline:
        if walk.goes_on():
            last = walk.cycle
            left.append(last)
        walk.cycle += 1
    return left


class _Walk:
    """Stages at some cycle, each actor looked at as its words say."""

    def __init__(self, stages: Sequence[Stage], frames: int | None, stalls: Callable[[], bool]):
        self.cycle, self.stalls = 0, stalls
        self.actors = [(stage, actor) for stage in stages for actor in stage.plan.actors]
        self.place = {actor: 0 for _, actor in self.actors}
        self.done = {actor: 0 for _, actor in self.actors}
        self.rows, self.consumer, self.offered = {}, {}, {}
        for stage, actor in self.actors:
            self.rows |= {Port(stage.name, port): [False] * actor.registers for port in actor.gives}
            self.consumer |= {stage.inputs[port]: (stage, actor) for port in actor.takes}
        for stage in stages:
            for source, tensor in zip(stage.inputs, stage.plan.inputs, strict=True):
                if source not in self.rows:
                    self.rows[source] = [False]
                    self.offered[source] = None if frames is None else frames * tensor.beats
        self.sink = Port(stages[-1].name)
        phases = [phase for _, actor in self.actors for phase in actor.phases]
        slots = {slot for phase in phases for slot, _ in (*phase.reserve, *phase.release)}
        self.units = {slot: slot.units for slot in slots}
        self.coming = []

    def goes_on(self) -> bool:
        """All of this cycle; whether a transfer leaves."""
        for slot, count in [(slot, count) for slot, count, due in self.coming if due == self.cycle]:
            self.units[slot] += count
        self.taken, self.fires = not self.stalls(), {}
        moving = {row: self.moves(row) for row in self.rows}
        firing = [(stage, actor) for stage, actor in self.actors if self.fire(stage, actor)]
        leaves = self.rows[self.sink][-1] and self.taken
        given = {
            Port(stage.name, port) for stage, actor in firing for port in self.phase(actor).give
        }
        for source, remaining in self.offered.items():
            if moving[source] and not self.stalls() and remaining != 0:
                given.add(source)
                self.offered[source] = None if remaining is None else remaining - 1
        for row, bits in self.rows.items():
            if moving[row]:
                self.rows[row] = [row in given, *bits[:-1]]
        for _, actor in firing:
            self.advance(actor)
        return leaves

    def phase(self, actor: Actor) -> Phase:
        return actor.phases[self.place[actor]]

    def moves(self, row: Port) -> bool:
        """Whether a row of registers moves."""
        if not self.rows[row][-1]:
            return True
        if row == self.sink:
            return self.taken
        stage, actor = self.consumer[row]
        taking = [stage.inputs[port] for port in self.phase(actor).take]
        return row in taking and self.fire(stage, actor)

    def fire(self, stage: Stage, actor: Actor) -> bool:
        """Whether an actor does its phase."""
        if actor not in self.fires:
            phase = self.phase(actor)
            gives = actor.gives if phase.moves else phase.give
            self.fires[actor] = (
                all(self.rows[stage.inputs[port]][-1] for port in phase.take)
                and (self.done[actor] or all(self.units[s] >= n for s, n in phase.reserve))
                and all(self.moves(Port(stage.name, port)) for port in gives)
            )
        return self.fires[actor]

    def advance(self, actor: Actor) -> None:
        phase = self.phase(actor)
        if not self.done[actor]:
            for slot, count in phase.reserve:
                self.units[slot] -= count
        self.done[actor] += 1
        if self.done[actor] == phase.count:
            self.coming += [(slot, n, self.cycle + slot.delay) for slot, n in phase.release]
            self.done[actor] = 0
            self.place[actor] = (self.place[actor] + 1) % len(actor.phases)
