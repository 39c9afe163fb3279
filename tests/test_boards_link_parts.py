# amaranth: UnusedElaboratable=no
"""The small parts of the board's link, each for itself: checksum, reader and feeder."""

import numpy as np
import pytest
from amaranth import Const, Module

from build_decoder.boards.byte_fifo import ByteFifo
from build_decoder.boards.byte_memory import byte_memory
from build_decoder.boards.byte_reader import ByteReader
from build_decoder.boards.checksum import Checksum
from build_decoder.boards.frame_feeder import FrameFeeder
from build_decoder.boards.protocol import PROTOCOL
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.streams import random_stalls, receive, send
from tests.link_rig import random_bytes, simulate


@pytest.mark.parametrize("seed", range(3))
def test_checksum_is_that_of_the_protocol_two_cycles_later(seed):
    checksum = Checksum(PROTOCOL)
    body = random_bytes(seed, 20)
    whole = body + PROTOCOL.crc(body).to_bytes(2, "big")

    async def testbench(ctx):
        for start_with_byte in (False, True):
            if not start_with_byte:
                ctx.set(checksum.i, {"start": 1, "valid": 0, "byte": 0xA5})
                await ctx.tick()
            for index, byte in enumerate(whole):
                start = start_with_byte and index == 0
                ctx.set(checksum.i, {"start": start, "valid": 1, "byte": byte})
                await ctx.tick()
                ctx.set(checksum.i, {"start": 0, "valid": 0, "byte": 0xFF})
                assert not ctx.get(checksum.settled)
                await ctx.tick()
                assert ctx.get(checksum.settled)
                assert ctx.get(checksum.crc) == PROTOCOL.crc(whole[: index + 1])
                assert ctx.get(checksum.intact) == (index == len(whole) - 1)

    simulate(checksum, testbench)


def memory_of(content, reader):
    """The reader on a memory of bytes."""
    m = Module()
    m.submodules.reader = reader
    held = byte_memory(
        m, content, None, read_at=reader.address, write_at=Const(0, 1), write=Const(0, 1),
        byte=Const(0, 8), in_blocks=True,
    )  # fmt: skip
    m.d.comb += reader.byte.eq(held)
    return m


def test_reader_goes_on_below_the_memory():
    reader = ByteReader(depth=2, beyond=5)

    async def testbench(ctx):
        ctx.set(reader.first, 1)
        ctx.set(reader.start, 1)
        await ctx.tick()
        ctx.set(reader.start, 0)
        for count in range(7):
            assert ctx.get(reader.ended) == (count >= 2)
            await receive(ctx, reader.o, 1)
        assert ctx.get(reader.ended)

    simulate(memory_of([3, 4], reader), testbench)


def test_reader_goes_down_from_wherever_it_starts():
    content = list(random_bytes(3, 10))
    reader = ByteReader(depth=10, beyond=3)

    async def start(ctx, first):
        ctx.set(reader.first, first)
        ctx.set(reader.start, 1)
        await ctx.tick()
        ctx.set(reader.start, 0)

    async def testbench(ctx):
        await start(ctx, 9)
        got, cycles = await receive(ctx, reader.o, 4)
        assert got == content[9:5:-1]
        # The transfer at a cycle is counted from the one after `start`.
        assert cycles == [2, 5, 8, 11]
        assert not ctx.get(reader.ended)
        await start(ctx, 4)
        got, _ = await receive(ctx, reader.o, 4, stalls=random_stalls(1))
        assert got == content[4:0:-1]
        assert not ctx.get(reader.ended)
        got, _ = await receive(ctx, reader.o, 1)
        assert (got, ctx.get(reader.ended)) == ([content[0]], 1)
        await receive(ctx, reader.o, 3)
        assert ctx.get(reader.ended)
        await start(ctx, 0)
        assert not ctx.get(reader.ended)

    simulate(memory_of(content, reader), testbench)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("format", "count", "lanes"),
    [(QFormat(3, 2), 6, 1), (QFormat(3, 2), 7, 3), (QFormat(9, 3), 4, 2), (QFormat(4, 9), 3, 8)],
)
def test_feeder_makes_transfers_of_a_frame(format, count, lanes, seed):
    feeder = FrameFeeder(format=format, lanes=lanes)
    random = np.random.default_rng(seed)
    values = random.integers(format.min_raw, format.max_raw + 1, count)
    octets = PROTOCOL.pack_values(values, format)
    rows = -(-count // lanes)
    padded = octets + random_bytes(seed, rows * feeder.row_bytes - len(octets))

    async def give(ctx):
        for _ in range(2):
            assert ctx.get(feeder.idle)
            ctx.set(feeder.ended, 0)
            ctx.set(feeder.start, 1)
            await ctx.tick()
            ctx.set(feeder.start, 0)
            assert not ctx.get(feeder.idle)
            await send(ctx, feeder.i, octets, stalls=random_stalls(seed))
            ctx.set(feeder.ended, 1)
            await send(ctx, feeder.i, padded[len(octets) :])
            ctx.set(feeder.i.valid, 0)
            await ctx.tick().until(feeder.idle)

    async def take(ctx):
        for _ in range(2):
            got, _ = await receive(ctx, feeder.o, rows, stalls=random_stalls(seed + 9))
            raw = [lane for row in got for lane in row]
            assert raw[:count] == values.tolist()

    simulate(feeder, give, take)


@pytest.mark.parametrize("depth", [2, 8])
def test_fifo_fills_up(depth):
    fifo = ByteFifo(depth=depth)
    content = list(random_bytes(depth, depth + 1))

    async def testbench(ctx):
        # With nothing taken, all but one of the places fill up, and one more may come in a hurry.
        held = 0
        ctx.set(fifo.i.valid, 1)
        for _ in range(4 * depth):
            ctx.set(fifo.i.payload, content[held])
            held += ctx.get(fifo.i.ready)
            await ctx.tick()
        assert held in (depth - 1, depth)
        ctx.set(fifo.i.valid, 0)
        got, cycles = await receive(ctx, fifo.o, held)
        assert got == content[:held]
        assert set(np.diff(cycles)) <= {5}
        await ctx.tick().repeat(8)
        assert not ctx.get(fifo.o.valid)

    simulate(fifo, testbench)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("depth", [2, 8])
def test_fifo_keeps_the_order(depth, seed):
    fifo = ByteFifo(depth=depth)
    content = list(random_bytes(seed, 100))

    async def sending(ctx):
        await send(ctx, fifo.i, content, stalls=random_stalls(seed))

    async def receiving(ctx):
        got, _ = await receive(ctx, fifo.o, len(content), stalls=random_stalls(seed + 10))
        assert got == content

    simulate(fifo, sending, receiving)


def test_fifo_of_no_power_of_two():
    with pytest.raises(ValueError, match="expected a power of two, 2 or more, got 12"):
        ByteFifo(depth=12)
