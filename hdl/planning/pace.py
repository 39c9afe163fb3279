"""Latency where time steps come at a pace: from the last one of a frame on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.plan import CarryingPlan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.timeline import Timeline

__all__ = ["latency_at_pace"]

_AHEAD = 3
"""The cycle in which a frame's first value can be taken: it comes to the clock in cycle 1, and
waits in a register then."""


def latency_at_pace(stages: Sequence[Stage], source: Port, interval: int) -> int:
    """Cycles from the first value of a frame's last time step to the frame's last output, at most,
    where time steps come evenly, a frame each ``interval`` cycles, and their values one transfer a
    cycle.

    A frame without time steps is one, and so what this counts is then the time of the whole frame.
    Where a step is not taken at once, it waits outside, and those behind it come when they do.

    Parameters
    ----------
    stages
        As :class:`hdl.planning.timeline.Timeline` has them; they take a frame each ``interval``
        cycles.
    source
        Where inputs come from.

    Raises
    ------
    Deadlock
        If stages wait for each other for ever.
    """
    first = next(stage for stage in stages if source in stage.inputs)
    tensor = first.plan.inputs[first.inputs.index(source)]
    pace = _Pace(tensor, interval)
    paced = Port(pace.name)
    timeline = Timeline([
        Stage(pace.name, pace, (source,)),
        *(
            replace(stage, inputs=tuple(paced if port == source else port for port in stage.inputs))
            for stage in stages
        ),
    ])
    due = _AHEAD + pace.last_step
    return max(end - due - interval * frame for frame, end in enumerate(timeline.ends()))


@dataclass(frozen=True)
class _Pace(CarryingPlan):
    """Gives each time step when it is due, or as soon as it can from then on."""

    name = "pace"
    tensor: Tensor
    interval: int

    @property
    def step_cycles(self) -> int:
        """Cycles from a time step to the next one of the frame."""
        return self.interval // self.tensor.steps

    @property
    def last_step(self) -> int:
        """The cycle of a frame in which its last time step is due."""
        return (self.tensor.steps - 1) * self.step_cycles

    @property
    def actors(self) -> tuple[Actor, ...]:
        due, beats = Slot(), self.tensor.step_beats
        give = (Phase(give=(0,), reserve=((due, 1),)), *_some(beats - 1, give=(0,)))
        tell = (Phase(take=(0,), release=((due, 1),)), *_some(beats - 1, take=(0,)))
        last = self.interval - self.last_step
        clock = [
            phase
            for cycles in (*[self.step_cycles] * (self.tensor.steps - 1), last)
            for phase in (*tell, *_some(cycles - beats))
        ]
        return Actor(clock), Actor(give * self.tensor.steps)


def _some(count: int, **what: tuple[int, ...]) -> tuple[Phase, ...]:
    return (Phase(count, **what),) if count > 0 else ()
