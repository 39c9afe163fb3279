"""UART against bits written and read by hand."""

import numpy as np
import pytest
from amaranth import Module
from amaranth.sim import Simulator

from build_decoder.boards.uart import FRAME_BITS, UARTReceiver, UARTTransmitter, divisor_for
from build_decoder.models.errors import InputError


def simulate(component, testbench, *, cycles=20_000):
    simulator = Simulator(component)
    simulator.add_clock(1e-6)

    async def deadline(ctx):
        for _ in range(cycles):
            await ctx.tick()
        raise AssertionError(f"not finished in {cycles} cycles")

    simulator.add_testbench(testbench)
    simulator.add_testbench(deadline, background=True)
    simulator.run()


def frame(byte, *, stop=1):
    return [0, *((byte >> index) & 1 for index in range(8)), stop]


def receive(lines, *, divisor=4, line_divisor=None, taken=True):
    """Bytes and overflows that a receiver makes of a list of line levels, a bit time each."""
    receiver = UARTReceiver(divisor=divisor)
    received, overflows = [], 0

    async def testbench(ctx):
        nonlocal overflows
        ctx.set(receiver.o.ready, taken)
        for bit in [1, *lines, 1, 1]:
            ctx.set(receiver.rx, bit)
            for _ in range(line_divisor or divisor):
                valid, overflow = ctx.get(receiver.o.valid), ctx.get(receiver.overflow)
                overflows += overflow
                if valid and taken:
                    received.append(ctx.get(receiver.o.payload))
                await ctx.tick()
        if not taken:
            received.append(ctx.get(receiver.o.payload))

    simulate(receiver, testbench)
    return received, overflows


@pytest.mark.parametrize("divisor", [4, 5, 16])
def test_receiver_takes_back_to_back_bytes(divisor):
    data = [0x00, 0xFF, 0x55, 0xA5, 0x01, 0x80]
    bits = [bit for byte in data for bit in frame(byte)]
    assert receive(bits, divisor=divisor) == (data, 0)


@pytest.mark.parametrize("line_divisor", [98, 102])
def test_receiver_tolerates_two_percent(line_divisor):
    data = [0x00, 0xFF, 0x5A, 0xA5]
    bits = [bit for byte in data for bit in frame(byte)]
    assert receive(bits, divisor=100, line_divisor=line_divisor) == (data, 0)


def test_a_byte_without_stop_bit_is_dropped():
    bits = [*frame(0x33, stop=0), 1, *frame(0x44)]
    assert receive(bits) == ([0x44], 0)


def test_a_break_is_not_a_byte():
    assert receive([*[0] * 40, 1, *frame(0x44)]) == ([0x44], 0)


def test_a_glitch_is_not_a_start_bit():
    receiver = UARTReceiver(divisor=8)

    async def testbench(ctx):
        ctx.set(receiver.o.ready, 1)
        ctx.set(receiver.rx, 0)
        await ctx.tick().repeat(2)
        ctx.set(receiver.rx, 1)
        for _ in range(8 * FRAME_BITS):
            assert not ctx.get(receiver.o.valid)
            await ctx.tick()

    simulate(receiver, testbench)


def test_a_byte_that_is_not_taken_is_kept_and_the_next_one_lost():
    bits = [*frame(0x12), *frame(0x34), *frame(0x56)]
    assert receive(bits, taken=False) == ([0x12], 2)


@pytest.mark.parametrize("divisor", [4, 7])
def test_transmitter_to_receiver(divisor):
    m = Module()
    m.submodules.transmitter = transmitter = UARTTransmitter(divisor=divisor)
    m.submodules.receiver = receiver = UARTReceiver(divisor=divisor)
    m.d.comb += receiver.rx.eq(transmitter.tx)
    data = np.random.default_rng(divisor).integers(0, 256, 12).tolist()
    received = []

    async def testbench(ctx):
        ctx.set(receiver.o.ready, 1)
        pending = list(data)
        while len(received) < len(data):
            ctx.set(transmitter.i.valid, bool(pending))
            if pending:
                ctx.set(transmitter.i.payload, pending[0])
            taken = ctx.get(transmitter.i.ready)
            if ctx.get(receiver.o.valid):
                received.append(ctx.get(receiver.o.payload))
            await ctx.tick()
            if taken and pending:
                pending.pop(0)

    simulate(m, testbench)
    assert received == data


def test_transmitter_takes_the_documented_time():
    divisor = 5
    transmitter = UARTTransmitter(divisor=divisor)

    async def testbench(ctx):
        assert ctx.get(transmitter.tx) == 1
        ctx.set(transmitter.i.payload, 0x0F)
        ctx.set(transmitter.i.valid, 1)
        await ctx.tick()
        levels = []
        for _ in range(FRAME_BITS * divisor):
            assert not ctx.get(transmitter.i.ready)
            levels.append(ctx.get(transmitter.tx))
            await ctx.tick()
        assert ctx.get(transmitter.i.ready)
        assert levels == [bit for bit in frame(0x0F) for _ in range(divisor)]

    simulate(transmitter, testbench)


@pytest.mark.parametrize(("clock_mhz", "baud", "divisor"), [(75, 1e6, 75), (12, 115200, 104)])
def test_divisor_is_the_nearest(clock_mhz, baud, divisor):
    assert divisor_for(clock_mhz, int(baud)) == divisor


@pytest.mark.parametrize("clock_mhz", [3, 4.4])
def test_a_clock_that_misses_the_rate_is_refused(clock_mhz):
    with pytest.raises(InputError, match=f"got {clock_mhz:g} MHz"):
        divisor_for(clock_mhz, 1_000_000)
