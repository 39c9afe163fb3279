"""Depth of FIFOs with which stages never wait for each other for ever.

Where they do, a FIFO that is full is made deeper, and they go on from there: with one register
behind each output, what is done in the end does not depend on when it is, nor on since when a FIFO
is as deep. So the least depth of one FIFO is found in a single run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from build_decoder.hdl.planning.actor import Deadlock
from build_decoder.hdl.planning.control import Control
from build_decoder.hdl.planning.fifo_depth import (
    Depths,
    Edge,
    deep,
    fifo_name,
    growing,
    least,
    with_fifos,
)
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.stage import Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.timeline import Timeline

__all__ = ["live_depths"]


@dataclass(frozen=True)
class _OneRegister(Plan):
    """A plan's control with one register behind each output.

    A row of registers that stands still is only sure to hold the transfer that it offers.
    """

    plan: Plan

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return self.plan.inputs

    @property
    def output(self) -> Tensor:
        return self.plan.output

    @cached_property
    def control(self) -> Control:
        control = self.plan.control
        outer = tuple(replace(actor, registers=1) for actor in control.outer)
        return replace(control, outer=outer)


def live_depths(stages: Sequence[Stage]) -> dict[Edge, int]:
    """Depths with which stages never wait for each other for ever, whatever stalls them.

    With any one of them less, they do, if each output has but one register. The edges are those
    into stages of several inputs.
    """
    bare = [replace(stage, plan=_OneRegister(stage.plan)) for stage in stages]
    enough = deep(stages, 1)
    none = dict.fromkeys(enough, 0)

    def goes_on(depths: Depths) -> bool:
        return _deep_enough(bare, depths, lambda _: None) is not None

    def first(depths: Depths, edge: Edge, low: int) -> int:
        return _deep_enough(
            bare,
            {**depths, edge: low},
            lambda now: {**now, edge: now[edge] + 1} if now[edge] < depths[edge] else None,
        )[edge]

    if not enough or goes_on(none):
        return none
    grown = growing(none, enough)
    # With those of a frame, they go on.
    fit = _deep_enough(bare, next(grown), lambda _: next(grown, None)) or enough
    return least(none, fit, goes_on, first)


def _deep_enough(
    stages: Sequence[Stage], depths: Depths, deeper: Callable[[Depths], Depths | None]
) -> Depths | None:
    """Depths with which stages, with one register behind each output, never wait for each other for
    ever: ``depths``, or those that ``deeper`` makes of them where they do; None where it gives
    none.

    Where actors have come to decides what they do, and if that is as it was some frames before,
    stages go on.
    """
    placed = with_fifos(stages, depths)
    fifos = {stage.name: stage for stage in placed}
    timeline, seen = Timeline(placed), set()
    while (held := timeline.held()) not in seen:
        seen.add(held)
        try:
            timeline.next_end()
        except Deadlock:
            before, depths = depths, deeper(depths)
            if depths is None:
                return None
            for edge, depth in depths.items():
                if depth > before[edge]:
                    fifo = fifos[fifo_name(edge)]
                    timeline.release(fifo.name, fifo.plan.free, depth - before[edge])
            seen.clear()
    return depths
