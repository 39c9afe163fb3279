"""The board's replier: the bytes of replies, and what it asks of the parts around it."""

import numpy as np
import pytest
from amaranth import Module

from build_decoder.boards.checksum import Checksum
from build_decoder.boards.protocol import PROTOCOL, Command, Info, Reply, Status
from build_decoder.boards.replier import Replier
from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.streams import no_stalls, random_stalls, receive, send
from tests.link_rig import simulate


class Replying:
    """A replier with its checksum, for a decoder of 3 outputs."""

    INTERFACE = Interface(
        name="a",
        input_count=4,
        output_count=3,
        input_format=QFormat(3, 2),
        output_format=QFormat(6, 4),
        fingerprint=0x12345678,
    )
    OUTPUTS = np.array([-512, 511, -3])

    def __init__(self):
        self.replier = Replier(self.INTERFACE, protocol=PROTOCOL)
        self.module = m = Module()
        m.submodules.replier = replier = self.replier
        m.submodules.checksum = checksum = Checksum(PROTOCOL)
        m.d.comb += [
            checksum.i.eq(replier.covered),
            replier.crc.eq(checksum.crc),
            replier.settled.eq(checksum.settled),
        ]
        self.strobes = np.zeros(4, dtype=int)

    async def watch(self, ctx):
        replier = self.replier
        observed = (replier.feed, replier.tell, replier.answered, replier.refused)
        while True:
            _, _, *strobes = await ctx.tick().sample(*observed)
            self.strobes += strobes


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize(
    ("command", "status", "strobes"),
    [
        (Command.INFER, Status.OK, [1, 0, 1, 0]),
        (Command.INFO, Status.OK, [0, 1, 0, 0]),
        (Command.INFER, Status.BAD_CRC, [0, 0, 0, 1]),
        (Command.INFER, Status.BAD_LENGTH, [0, 0, 0, 1]),
        (200, Status.UNKNOWN_COMMAND, [0, 0, 0, 1]),
    ],
)
def test_replier_sends_what_the_protocol_says(command, status, strobes, seed):
    rig = Replying()
    replier = rig.replier
    info = Info.of(rig.INTERFACE).pack()
    payload = b""
    if status == Status.OK:
        raw = PROTOCOL.pack_values(rig.OUTPUTS, rig.INTERFACE.output_format)
        payload = info if command == Command.INFO else raw
    wanted = PROTOCOL.reply(Reply(command, 9, status, payload))
    stalls = random_stalls(seed) if seed else no_stalls
    ends = {}

    async def ask(ctx):
        ctx.set(replier.fed, 1)
        request = {"command": command, "tag": 9, "status": status}
        for _ in range(2):
            await send(ctx, replier.i, [request])
        ctx.set(replier.i.valid, 0)
        await ctx.tick().repeat(10)

    async def tell(ctx):
        if status == Status.OK and command == Command.INFO:
            slow = random_stalls(seed + 5) if seed else no_stalls
            await send(ctx, replier.info, [*info, *info], stalls=slow)

    async def decode(ctx):
        if status == Status.OK and command == Command.INFER:
            await send(ctx, replier.y, [[y] for y in rig.OUTPUTS.tolist() * 2])

    async def take(ctx):
        got, ends["cycles"] = await receive(ctx, replier.o, 2 * len(wanted), stalls=stalls)
        assert bytes(got) == wanted * 2

    simulate(rig.module, ask, tell, decode, take, background=[rig.watch])
    assert rig.strobes.tolist() == [2 * count for count in strobes]
    if seed is None:
        assert set(np.diff(ends["cycles"][: len(wanted)])) <= {2, 3}


def test_replier_keeps_a_request_until_the_decoder_has_its_frame():
    rig = Replying()
    replier = rig.replier

    async def testbench(ctx):
        ctx.set(replier.o.ready, 1)
        ctx.set(replier.y.valid, 1)
        ctx.set(replier.i.payload, {"command": Command.INFER, "tag": 9, "status": Status.OK})
        ctx.set(replier.i.valid, 1)
        for _ in range(200):
            await ctx.tick()
            assert not ctx.get(replier.i.ready)
        ctx.set(replier.fed, 1)
        await ctx.tick().until(replier.i.ready)

    simulate(rig.module, testbench)
