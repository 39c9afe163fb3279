"""Stream helpers for tests in Amaranth's simulator: send, receive, and stalls.

``send`` and ``receive`` are called from testbenches or processes, one for each side of a component.
They never hang: a side that waits for more than ``deadline`` cycles for a transfer raises
:class:`StreamError`.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from amaranth.hdl import Value

__all__ = [
    "Stalls",
    "StreamError",
    "expect_silence",
    "no_stalls",
    "random_stalls",
    "receive",
    "send",
    "stalls_until",
]

Stalls = Callable[[bool], bool]
"""Called once a cycle: whether this side goes on, given whether its peer has offered to."""


class StreamError(AssertionError):
    """A stream broke its rules, or nothing moved before the deadline."""


def no_stalls(offered: bool) -> bool:
    """Always go on."""
    return True


def stalls_until(cycle: int) -> Stalls:
    """Go on from a cycle on, counted from 0."""
    cycles = itertools.count()
    return lambda offered: next(cycles) >= cycle


def random_stalls(seed: int) -> Stalls:
    """Epochs of random length and kind, the same kinds that the generated Verilog bench has.

    Full speed, several probabilities of a stall, long bursts, and going only once the peer has
    offered.
    """
    random = np.random.default_rng(seed)
    kinds = ("probability", "full", "burst", "after_offer")
    kind, probability, left, went = "full", 0.0, 0, False

    def go(offered: bool) -> bool:
        nonlocal kind, probability, left, went
        if left == 0:
            left = int(random.integers(1, 2 ** random.integers(3, 8)))
            kind = kinds[random.choice(4, p=(0.55, 0.15, 0.1, 0.2))]
            probability = random.choice((0.03, 0.25, 0.5, 0.875))
        left -= 1
        if kind == "full":
            went = True
        elif kind == "burst":
            went = False
        elif kind == "after_offer":
            went = offered and not went
        else:
            went = bool(random.random() >= probability)
        return went

    return go


async def send(
    ctx, stream, payloads: Sequence, *, stalls: Stalls = no_stalls, deadline: int = 10_000
) -> list[int]:
    """Send payloads; between transfers the payload is wrong on purpose.

    Parameters
    ----------
    payloads
        Raw bits as int, or what the payload's layout takes as a constant.
    stalls
        Whether to offer the next payload; what has been offered stays until it is taken. It is told
        that the peer has offered, always: a source must not wait for ``ready``.
    deadline
        Most cycles between transfers, stalls of this side not counted.

    Returns
    -------
    list of int
        Cycle of each transfer, counted from the call.
    """
    cycles = []
    idle = cycle = 0
    remaining = iter(payloads)
    offering = _offer(ctx, stream, remaining, stalls)
    # Closed by hand, at the end alone: when the other side fails, this coroutine is dropped where
    # it waits, and closing there is an error.
    ticks = aiter(ctx.tick().sample(stream.ready))
    while len(cycles) < len(payloads):
        _, _, ready = await anext(ticks)
        if offering and ready:
            cycles.append(cycle)
            idle = 0
        idle += offering
        if idle > deadline:
            raise StreamError(f"transfer {len(cycles)} was not taken for {deadline} cycles")
        if ready or not offering:
            offering = _offer(ctx, stream, remaining, stalls)
        cycle += 1
    await ticks.aclose()
    return cycles


def _offer(ctx, stream, remaining: Iterator, stalls: Stalls) -> bool:
    payload = next(remaining, None) if stalls(True) else None
    if payload is None:
        ctx.set(Value.cast(stream.payload), -1)
    else:
        raw = isinstance(payload, int)
        ctx.set(Value.cast(stream.payload) if raw else stream.payload, payload)
    ctx.set(stream.valid, payload is not None)
    return payload is not None


async def receive(
    ctx, stream, count: int, *, stalls: Stalls = no_stalls, deadline: int = 10_000, sample=None
) -> tuple[list, list[int]]:
    """Receive payloads, and check that what is offered stays until it is taken.

    Parameters
    ----------
    count
        Transfers to wait for.
    stalls
        Whether to be ready.
    deadline
        Most cycles between transfers, stalls of this side not counted.
    sample
        Expression to return for each transfer; the payload when None.

    Returns
    -------
    payloads, cycles
        The payloads, and the cycle of each transfer, counted from the call.
    """
    sample = stream.payload if sample is None else sample
    raw = Value.cast(stream.payload)
    payloads, cycles = [], []
    idle = cycle = 0
    held = None
    ready = stalls(False)
    ctx.set(stream.ready, ready)
    ticks = aiter(ctx.tick().sample(stream.valid, raw, sample))
    while len(payloads) < count:
        _, _, valid, bits, payload = await anext(ticks)
        if held is not None and not (valid and bits == held):
            raise StreamError(f"transfer {len(payloads)} was offered, and not held until taken")
        held = bits if valid and not ready else None
        if valid and ready:
            payloads.append(payload)
            cycles.append(cycle)
            idle = 0
        idle += ready or not valid
        if idle > deadline:
            raise StreamError(
                f"transfer {len(payloads)} of {count} did not come for {deadline} cycles"
            )
        now = stalls(bool(valid))
        if now != ready:
            ready = now
            ctx.set(stream.ready, ready)
        cycle += 1
    await ticks.aclose()
    ctx.set(stream.ready, 0)
    return payloads, cycles


async def expect_silence(ctx, stream, cycles: int) -> None:
    """Check that a stream offers nothing for ``cycles`` cycles, with ``ready`` high."""
    ctx.set(stream.ready, 1)
    for _ in range(cycles):
        _, _, valid = await ctx.tick().sample(stream.valid)
        if valid:
            raise StreamError("a transfer too many was offered")
    ctx.set(stream.ready, 0)
