"""When each stage of a decoder gives what it gives, within a single frame."""

from collections.abc import Sequence
from typing import NamedTuple

from build_decoder.hdl.planning.row import Row
from build_decoder.hdl.planning.stage import Stage
from build_decoder.hdl.planning.timeline import Timeline

__all__ = ["Span", "spans"]


class Span(NamedTuple):
    """Cycles, from a frame's first transfer into the decoder on, in which the first and the last
    transfer of a stage come out, if nothing stalls the decoder's output."""

    stage: str
    first: int
    last: int


class _NotedRow(Row):
    """A row that knows when the first and the last transfer were given to it."""

    __slots__ = ("first", "last")

    def __init__(self, registers: int, ready: list):
        super().__init__(registers, ready)
        self.first = self.last = None

    def give(self, cycle: int, count: int) -> None:
        if self.first is None:
            self.first = cycle
        self.last = cycle + count - 1
        super().give(cycle, count)


def spans(stages: Sequence[Stage]) -> tuple[Span, ...]:
    """The spans of ``stages``, in order, of a frame before which all of them were idle.

    The last one ends with the latency that :func:`hdl.planning.timeline.first_frame` gives.

    Raises
    ------
    Deadlock
        If stages wait for each other for ever.
    """
    timeline = Timeline(stages, frames=1, row=_NotedRow)
    timeline.next_end()
    found = []
    for stage in stages:
        rows = [timeline.rows[stage.name, port] for port in range(stage.plan.outputs)]
        # The source's first transfer is taken in cycle 1; registers delay what is given.
        found.append(
            Span(
                stage.name,
                min(row.first + row.registers for row in rows) - 1,
                max(row.last + row.registers for row in rows) - 1,
            )
        )
    return tuple(found)
