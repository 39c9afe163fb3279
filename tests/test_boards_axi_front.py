# amaranth: UnusedElaboratable=no

"""The AXI3 front end alone: bursts of all kinds from any address, against the specification."""

from dataclasses import dataclass

import numpy as np
import pytest
from amaranth import Module
from amaranth.sim import Simulator

from build_decoder.boards.axi.axi3_front import Axi3Front
from build_decoder.boards.axi.signatures import Burst
from build_decoder.sim.streams import random_stalls

BASE, WORDS = 0x4000_0000, 1024
DEADLINE = 500


@dataclass
class Request:
    write: bool
    id: int
    address: int
    length: int
    size: int
    burst: Burst
    data: list
    strobes: list

    def beats(self):
        """Byte offset of each beat, as AXI's specification has them."""
        step, aligned = 1 << self.size, self.address >> self.size << self.size
        whole = step * self.length
        low = self.address // whole * whole
        for n in range(self.length):
            if self.burst is Burst.FIXED or n == 0:
                yield self.address
            elif self.burst is Burst.INCR:
                yield aligned + n * step
            else:
                yield low + (aligned - low + n * step) % whole


def random_request(random) -> Request:
    burst = Burst(int(random.integers(3)))
    size = int(random.integers(3))
    length = int(random.choice((2, 4, 8, 16)) if burst is Burst.WRAP else random.integers(1, 17))
    address = int(random.integers(4 * WORDS))
    if burst is Burst.WRAP:
        address = address >> size << size
    # No burst crosses 4 KiB, which is all that there is.
    address = min(address, 4 * WORDS - 64) if burst is Burst.INCR else address
    return Request(
        write=bool(random.integers(2)), id=int(random.integers(1 << 12)), address=address,
        length=length, size=size, burst=burst,
        data=random.integers(1 << 32, size=length).tolist(),
        strobes=random.integers(16, size=length).tolist(),
    )  # fmt: skip


class Target:
    """The far end of the register bus: words in bytes; some words are answered with an error."""

    def __init__(self, random):
        self.memory = bytearray(random.bytes(4 * WORDS))
        self.bad = set(random.choice(WORDS, WORDS // 4, replace=False).tolist())

    def word(self, number: int) -> int:
        return int.from_bytes(self.memory[4 * number : 4 * number + 4], "little")

    def write(self, number: int, data: int, strobes: int):
        for byte in range(4):
            if strobes >> byte & 1:
                self.memory[4 * number + byte] = data >> 8 * byte & 0xFF


async def serve(ctx, bus, target: Target, stalls):
    """Answer accesses after some cycles; what is asked for must stay until then."""
    held = None
    parts = (bus.write, bus.address, bus.data, bus.strobes, bus.outside)
    while True:
        ctx.set(bus.done, 0)
        _, _, valid, *asked = await ctx.tick().sample(bus.valid, *parts)
        write, number, data, strobes, outside = asked
        if held is not None:
            assert valid, "an access was withdrawn"
            assert asked[: 5 if write else 2] == held[: 5 if write else 2]
        held = asked if valid else None
        if valid and stalls(True):
            assert number < WORDS
            error = number in target.bad or outside
            ctx.set(bus.done, 1)
            ctx.set(bus.error, error)
            ctx.set(bus.read, target.word(number))
            await ctx.tick()
            if write and not error:
                target.write(number, data, strobes)
            held = None


async def channel(ctx, axi, prefix: str, stalls, payload: dict):
    """Offer a payload until it is taken."""
    valid, ready = getattr(axi, f"{prefix}valid"), getattr(axi, f"{prefix}ready")
    while not stalls(True):
        await ctx.tick()
    for name, value in payload.items():
        ctx.set(getattr(axi, prefix + name), value)
    ctx.set(valid, 1)
    for _ in range(DEADLINE):
        _, _, taken = await ctx.tick().sample(ready)
        if taken:
            ctx.set(valid, 0)
            return
    raise AssertionError(f"{prefix} was not taken")


async def answer(ctx, axi, prefix: str, stalls, names: tuple) -> tuple:
    """Take what is offered, which must stay until then."""
    valid, ready = getattr(axi, f"{prefix}valid"), getattr(axi, f"{prefix}ready")
    signals = [getattr(axi, prefix + name) for name in names]
    held = None
    for _ in range(DEADLINE):
        now = stalls(held is not None)
        ctx.set(ready, now)
        _, _, offered, *values = await ctx.tick().sample(valid, *signals)
        assert held is None or (offered and values == held), f"{prefix} did not stay"
        held = values if offered else None
        if offered and now:
            ctx.set(ready, 0)
            return tuple(values)
    raise AssertionError(f"{prefix} did not come")


@pytest.mark.parametrize("seed", range(3))
def test_bursts(seed):
    random = np.random.default_rng(seed)
    front = Axi3Front(id_bits=12, address_bits=12, base=BASE)
    axi, bus = front.axi, front.bus
    target = Target(random)
    m = Module()
    m.submodules.front = front
    requests = [random_request(random) for _ in range(60)]
    stalls = [random_stalls(100 * seed + n) for n in range(5)]

    async def processor(ctx):
        for request in requests:
            prefix = "aw" if request.write else "ar"
            await channel(ctx, axi, prefix, stalls[0], {
                "id": request.id, "addr": BASE + request.address, "len": request.length - 1,
                "size": request.size, "burst": request.burst.value,
            })  # fmt: skip
            numbers = [offset // 4 for offset in request.beats()]
            bad = [number in target.bad for number in numbers]
            if request.write:
                expected = bytearray(target.memory)
                for n, number in enumerate(numbers):
                    await channel(ctx, axi, "w", stalls[1], {
                        "data": request.data[n], "strb": request.strobes[n],
                        "last": n == request.length - 1,
                    })  # fmt: skip
                    if not bad[n]:
                        for byte in range(4):
                            if request.strobes[n] >> byte & 1:
                                expected[4 * number + byte] = request.data[n] >> 8 * byte & 0xFF
                found = await answer(ctx, axi, "b", stalls[2], ("id", "resp"))
                assert found == (request.id, 2 if any(bad) else 0)
                assert target.memory == expected, request
            else:
                for n, number in enumerate(numbers):
                    names = ("id", "data", "resp", "last")
                    found = await answer(ctx, axi, "r", stalls[3], names)
                    last = n == request.length - 1
                    assert found == (request.id, target.word(number), 2 * bad[n], last), request

    async def background(ctx):
        await serve(ctx, bus, target, stalls[4])

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(processor)
    simulator.add_testbench(background, background=True)
    simulator.run()


@pytest.mark.parametrize(
    "wrong", [{"addr": BASE + 0x1000}, {"addr": 0x7FFF_F000}, {"size": 3}, {"burst": 3}]
)
def test_what_is_not_ours_is_answered_beat_by_beat(wrong):
    front = Axi3Front(id_bits=12, address_bits=12, base=BASE)
    axi, bus = front.axi, front.bus
    request = {"id": 5, "addr": BASE, "len": 2, "size": 2, "burst": 1} | wrong
    go = random_stalls(1)

    async def processor(ctx):
        await channel(ctx, axi, "ar", go, request)
        found = [await answer(ctx, axi, "r", go, ("id", "resp", "last")) for _ in range(3)]
        assert found == [(5, 2, 0), (5, 2, 0), (5, 2, 1)]
        await channel(ctx, axi, "aw", go, request)
        for n in range(3):
            await channel(ctx, axi, "w", go, {"last": n == 2})
        assert await answer(ctx, axi, "b", go, ("id", "resp")) == (5, 2)

    async def outside(ctx):
        while True:
            ctx.set(bus.done, 0)
            _, _, valid, is_outside = await ctx.tick().sample(bus.valid, bus.outside)
            if valid:
                assert is_outside
                ctx.set(bus.done, 1)
                ctx.set(bus.error, 1)
                await ctx.tick()

    m = Module()
    m.submodules.front = front
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(processor)
    simulator.add_testbench(outside, background=True)
    simulator.run()


def test_a_base_that_is_not_aligned_is_refused():
    with pytest.raises(ValueError, match="multiple of 2\\*\\*13, got 4096"):
        Axi3Front(id_bits=12, address_bits=13, base=0x1000)
