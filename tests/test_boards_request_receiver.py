"""The board's receiver of requests: what it decides on, what it writes, what it drops."""

import numpy as np
import pytest
from amaranth import Module

from build_decoder.boards.checksum import Checksum
from build_decoder.boards.protocol import PROTOCOL, Command, Protocol, Status
from build_decoder.boards.request_receiver import RequestReceiver
from build_decoder.sim.streams import random_stalls, receive, send
from tests.link_rig import random_bytes, simulate

IMPATIENT = Protocol(idle_byte_times=2)


class Receiving:
    """A receiver of frames of 5 bytes, with its checksum and what it has written."""

    FRAME_BYTES = 5

    def __init__(self):
        self.receiver = RequestReceiver(
            frame_bytes=self.FRAME_BYTES, byte_cycles=10, protocol=IMPATIENT
        )
        self.module = m = Module()
        m.submodules.receiver = receiver = self.receiver
        m.submodules.checksum = checksum = Checksum(IMPATIENT)
        m.d.comb += [checksum.i.eq(receiver.covered), receiver.intact.eq(checksum.intact)]
        self.written = {}
        self.dropped = 0

    async def watch(self, ctx):
        receiver = self.receiver
        observed = (receiver.write, receiver.address, receiver.byte, receiver.dropped)
        while True:
            _, _, write, address, byte, dropped = await ctx.tick().sample(*observed)
            if write:
                self.written[address] = byte
            self.dropped += dropped

    def run(self, *testbenches):
        simulate(self.module, *testbenches, background=[self.watch])


@pytest.mark.parametrize(
    ("command", "length", "status"),
    [
        (Command.INFER, 5, Status.OK),
        (Command.INFER, 4, Status.BAD_LENGTH),
        (Command.INFER, 6, Status.BAD_LENGTH),
        (Command.INFER, 0, Status.BAD_LENGTH),
        (Command.INFER, 256 + 5, Status.BAD_LENGTH),
        (Command.INFO, 0, Status.OK),
        (Command.INFO, 5, Status.BAD_LENGTH),
        (0, 0, Status.UNKNOWN_COMMAND),
        (3, 5, Status.UNKNOWN_COMMAND),
        (Command.INFER + 128, 5, Status.UNKNOWN_COMMAND),
    ],
)
def test_receiver_decides_on_a_request(command, length, status):
    rig = Receiving()
    payload = random_bytes(length, length)
    request = PROTOCOL.request(command, tag=77, payload=payload)
    times = {}

    async def give(ctx):
        times["sent"] = await send(ctx, rig.receiver.i, [*b"\x00\x5a\xff", *request])

    async def take(ctx):
        (offered,), times["offered"] = await receive(ctx, rig.receiver.o, 1)
        assert (offered.command, offered.tag, offered.status) == (command, 77, status)

    rig.run(give, take)
    assert times["offered"][0] - times["sent"][-1] == 4
    assert set(np.diff(times["sent"])) <= {2, 3}
    assert rig.dropped == 0
    framed = dict(enumerate(reversed(payload))) if length == 5 else {}
    assert rig.written == framed


def test_receiver_takes_nothing_while_a_request_is_offered():
    rig = Receiving()
    first, second = (PROTOCOL.request(Command.INFER, tag=n, payload=bytes([n] * 5)) for n in (1, 2))

    async def give(ctx):
        await send(ctx, rig.receiver.i, [*first, *second], stalls=random_stalls(1))

    async def take(ctx):
        for tag in (1, 2):
            await ctx.tick().until(rig.receiver.o.valid)
            await ctx.tick().repeat(100)
            assert ctx.get(rig.receiver.o.payload.tag) == tag
            assert rig.written == dict.fromkeys(range(5), tag)
            await receive(ctx, rig.receiver.o, 1)

    rig.run(give, take)


@pytest.mark.parametrize("position", [1, 2, 3, 5, 9, -1])
def test_receiver_finds_a_flipped_bit(position):
    rig = Receiving()
    request = bytearray(PROTOCOL.request(Command.INFER, payload=random_bytes(1, 5)))
    request[position] ^= 0x04

    async def give(ctx):
        await send(ctx, rig.receiver.i, request)

    async def take(ctx):
        (offered,), _ = await receive(ctx, rig.receiver.o, 1)
        assert offered.status == Status.BAD_CRC

    rig.run(give, take)


@pytest.mark.parametrize("kept", [1, 3, 5, 6, 9, -1])
def test_receiver_drops_a_request_that_pauses(kept):
    rig = Receiving()
    request = PROTOCOL.request(Command.INFER, tag=5, payload=random_bytes(2, 5))

    async def testbench(ctx):
        await send(ctx, rig.receiver.i, request[:kept])
        ctx.set(rig.receiver.i.valid, 0)
        await ctx.tick().repeat(20)  # two byte times, at the least
        assert rig.dropped == 0
        await ctx.tick().repeat(20)  # at the most twice as many
        assert rig.dropped == 1
        ctx.set(rig.receiver.o.ready, 1)
        await send(ctx, rig.receiver.i, request)
        ctx.set(rig.receiver.i.valid, 0)
        await ctx.tick().until(rig.receiver.o.valid)
        assert ctx.get(rig.receiver.o.payload.status) == Status.OK

    rig.run(testbench)


@pytest.mark.parametrize("pause", range(25, 40))
def test_receiver_drops_a_request_or_offers_it(pause):
    rig = Receiving()
    request = PROTOCOL.request(Command.INFO)

    async def testbench(ctx):
        await send(ctx, rig.receiver.i, request[:-1])
        ctx.set(rig.receiver.i.valid, 0)
        await ctx.tick().repeat(pause)
        await send(ctx, rig.receiver.i, request[-1:])
        ctx.set(rig.receiver.i.valid, 0)
        await ctx.tick().repeat(10)
        assert ctx.get(rig.receiver.o.valid) + rig.dropped == 1

    rig.run(testbench)
