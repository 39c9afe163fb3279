"""The whole design for a board: clock, shell, decoder and pins."""

from amaranth import ClockDomain, Elaboratable, Module, Signal
from amaranth.build import ResourceError
from amaranth.lib import io

from build_decoder.boards.board import Board
from build_decoder.boards.clocks import ClockGenerator, choose_dividers
from build_decoder.boards.shell import Shell
from build_decoder.boards.uart import divisor_for

__all__ = ["Top"]


class Top(Elaboratable):
    """A decoder on a board, its host at the UART.

    Where the board has LEDs, LED 0 changes with every frame answered, and LED 1 is lit once a
    request had to be rejected.

    Parameters
    ----------
    board
        The board.
    decoder
        Component with streams ``i`` and ``o`` and the integer model as ``model``.
    clock_mhz
        Requested decoder clock, MHz.

    Attributes
    ----------
    clock_mhz
        Decoder clock that is made: as requested, or the nearest.

    Raises
    ------
    InputError
        If the clock cannot be made, or does not give the UART's rate.
    """

    bitstream_copy = None
    """Where the build script copies the bitstream; nowhere."""

    def __init__(self, board: Board, decoder, clock_mhz: float):
        self.board = board
        self.dividers = choose_dividers(board, clock_mhz)
        self.clock_mhz = clock_mhz if self.dividers is None else self.dividers.mhz
        self.shell = Shell(decoder, divisor=divisor_for(self.clock_mhz, board.baud))

    def elaborate(self, platform):
        m = Module()
        if self.dividers is not None:  # else the platform makes the domain
            m.domains.sync = ClockDomain()
            m.submodules.clock = ClockGenerator(self.board, self.dividers)
        m.submodules.shell = shell = self.shell
        # Some boards have handshake lines in the resource; those stay unused.
        lines = {line.name: "-" for line in platform.lookup("uart", 0).ios}
        uart = platform.request("uart", 0, dir=lines)
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [shell.rx.eq(rx.i), tx.o.eq(shell.tx)]

        activity, trouble = Signal(), Signal()
        with m.If(shell.answered):
            m.d.sync += activity.eq(~activity)
        with m.If(shell.rejected):
            m.d.sync += trouble.eq(1)
        for number, state in enumerate((activity, trouble)):
            try:
                pin = platform.request("led", number, dir="-")
            except ResourceError:
                break
            m.submodules[f"led_{number}"] = led = io.Buffer("o", pin)
            m.d.comb += led.o.eq(state)
        return m
