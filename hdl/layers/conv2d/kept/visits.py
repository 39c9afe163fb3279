"""Visits: in which order columns of outputs are added to, and with which columns of inputs."""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Visit", "visits"]


@dataclass(frozen=True)
class Visit:
    """Columns of inputs that are added to the sums of a column of outputs.

    Parameters
    ----------
    output
        Column of outputs.
    columns
        Columns of inputs; all of them have come.
    opens, ends
        Whether they are the first, and whether they are the last ones that are inside.
    needs
        Columns of inputs that are waited for, beyond those of visits before.
    frees
        Columns of inputs that are not needed any more then.
    """

    output: int
    columns: range
    opens: bool
    ends: bool
    needs: int
    frees: int


def visits(steps: int, before: int, behind: int, early: int) -> Iterator[Visit]:
    """Those of a frame of so many steps.

    A column of outputs is visited once, when the last column of its window is there. With
    ``early``, the last columns of inputs, so many of them, are added as they come to all sums that
    they are part of, and what is there before the first of these comes is added before.

    Parameters
    ----------
    before, behind
        Columns of a window before its position and behind it.
    """
    # What each column of outputs still needs.
    left = {
        step: range(max(step - before, 0), min(step + behind + 1, steps)) for step in range(steps)
    }
    waited = freed = 0
    for there in range(1, steps + 1):
        for output, inside in list(left.items()):
            here = range(inside.start, min(inside.stop, there))
            ends = here.stop == inside.stop
            if not here or not (ends or there >= steps - early):
                continue
            opens = inside.start == max(output - before, 0)
            left[output] = range(here.stop, inside.stop)
            if ends:
                del left[output]
            kept = min((some.start for some in left.values()), default=steps)
            yield Visit(output, here, opens, ends, there - waited, kept - freed)
            waited, freed = there, kept
