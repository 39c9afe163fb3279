"""UART, 8 data bits, no parity, 1 stop bit (8N1), least significant bit first."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from build_decoder.models.errors import InputError

__all__ = ["FRAME_BITS", "MIN_DIVISOR", "UARTReceiver", "UARTTransmitter", "divisor_for"]

FRAME_BITS = 10
"""Bit times of one byte: start bit, 8 data bits, stop bit."""

MIN_DIVISOR = 4
"""Fewest clock cycles a bit: the receiver then still samples within the middle half of a bit."""

_TOLERANCE = 0.02
"""Baud rate error allowed to one end; at the tenth bit both ends may be off half a bit in all."""


def divisor_for(clock_mhz: float, baud: int) -> int:
    """Clock cycles a bit, to the nearest.

    Raises
    ------
    InputError
        If the rate is off by more than 2 %, or the clock is too slow for it.
    """
    exact = clock_mhz * 1e6 / baud
    divisor = round(exact)
    if divisor < MIN_DIVISOR or abs(divisor / exact - 1) > _TOLERANCE:
        raise InputError(
            f"clock: expected one that gives {baud} baud within {_TOLERANCE:.0%} (at least "
            f"{MIN_DIVISOR} cycles a bit), got {clock_mhz:g} MHz with {exact:.2f} cycles a bit"
        )
    return divisor


class UARTTransmitter(wiring.Component):
    """Serialises bytes. Throughput: one byte in ``10 * divisor + 1`` cycles.

    Parameters
    ----------
    divisor
        Clock cycles a bit.

    Members
    -------
    i
        Bytes to send.
    tx
        Line, high when idle.
    """

    i: In(stream.Signature(8))
    tx: Out(1, init=1)

    def __init__(self, *, divisor: int):
        self.divisor = divisor
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        bits = Signal(FRAME_BITS, init=-1)
        left = Signal(range(FRAME_BITS + 1))
        timer = Signal(range(self.divisor))

        # A register: what gives bytes has enough to do in a cycle.
        idle = Signal(init=1)
        m.d.comb += [self.i.ready.eq(idle), self.tx.eq(bits[0])]
        with m.If(idle):
            with m.If(self.i.valid):
                m.d.sync += [
                    bits.eq(Cat(0, self.i.payload, 1)),
                    left.eq(FRAME_BITS),
                    timer.eq(self.divisor - 1),
                    idle.eq(0),
                ]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [
                bits.eq(Cat(bits[1:], 1)),
                left.eq(left - 1),
                timer.eq(self.divisor - 1),
                idle.eq(left == 1),
            ]
        return m


class UARTReceiver(wiring.Component):
    """Recovers bytes from the line, each bit sampled once, in its middle.

    The line passes two flip-flops first. A start bit that is gone by its middle is taken for a
    glitch; a byte whose stop bit is low is dropped, and the line must rise before the next start.
    There is room for one byte: a byte that is complete while the one before still waits to be taken
    is **lost**, and ``overflow`` is high for one cycle.

    Parameters
    ----------
    divisor
        Clock cycles a bit.

    Members
    -------
    rx
        Line, high when idle; asynchronous.
    o
        Received bytes.
    overflow
        High for one cycle for each byte lost.
    """

    rx: In(1, init=1)
    o: Out(stream.Signature(8))
    overflow: Out(1)

    def __init__(self, *, divisor: int):
        self.divisor = divisor
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        line = Signal(init=1)
        before = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.rx, line, init=1)
        m.d.sync += before.eq(line)

        bits = Signal(8)
        left = Signal(range(FRAME_BITS + 1))
        timer = Signal(range(self.divisor))
        done = Signal()
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(left == 0):
            with m.If(before & ~line):
                # The edge is seen in cycle 0 of the start bit; the timer runs from cycle 1.
                m.d.sync += [left.eq(FRAME_BITS), timer.eq(self.divisor // 2 - 1)]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [
                bits.eq(Cat(bits[1:], line)),
                left.eq(left - 1),
                timer.eq(self.divisor - 1),
            ]
            with m.If((left == FRAME_BITS) & line):
                m.d.sync += left.eq(0)
            m.d.comb += done.eq((left == 1) & line)
        with m.If(done):
            with m.If(self.o.valid & ~self.o.ready):
                m.d.comb += self.overflow.eq(1)
            with m.Else():
                m.d.sync += [self.o.payload.eq(bits), self.o.valid.eq(1)]
        return m
