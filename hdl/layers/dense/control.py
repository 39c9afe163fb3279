"""Control of a dense layer: MAC units go over the inputs, and a drain sends the sums on."""

from collections.abc import Sequence

from build_decoder.hdl.planning.actor import Actor, Phase, Slot

__all__ = ["dense_actors"]


def dense_actors(
    *,
    beats: int,
    groups: Sequence[int],
    sums_latency: int,
    drain_latency: int,
    double_buffered: bool,
) -> tuple[Actor, Actor]:
    """The actors of a dense layer; the first pass takes the inputs, and later ones repeat them.

    Parameters
    ----------
    beats
        Transfers of a frame in.
    groups
        Transfers out of each pass.
    sums_latency
        Cycles from a pass's last beat until its sums can leave.
    drain_latency
        Cycles from sums that leave to outputs.
    double_buffered
        Whether finished sums are captured. If so, a pass waits for those of the pass before it to
        leave with its last beat, otherwise with its first.
    """
    free, finished = Slot(1), Slot(0, delay=sums_latency)

    def one_pass(take: tuple[int, ...]) -> tuple[Phase, ...]:
        waits = beats - 1 if double_buffered else 0
        summed = Phase(
            beats - waits, take=take, reserve=((free, 1),), release=((finished, 1),)
        )
        return (Phase(waits, take=take), summed) if waits else (summed,)

    drained = {
        count: Phase(count, give=(0,), reserve=((finished, 1),), release=((free, 1),))
        for count in set(groups)
    }
    return (
        Actor(one_pass((0,)) + one_pass(()) * (len(groups) - 1)),
        Actor(tuple(drained[count] for count in groups), drain_latency),
    )
