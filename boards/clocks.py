"""The decoder's clock and reset, made from a board's oscillator."""

from amaranth import ClockDomain, ClockSignal, Elaboratable, Module, Signal
from amaranth.lib.cdc import FFSynchronizer, ResetSynchronizer

from build_decoder.boards.board import Board
from build_decoder.boards.pll import PLLDividers
from build_decoder.boards.plls import PLLS

__all__ = ["ClockGenerator", "choose_dividers"]

_RESET_SECONDS = 15e-6
"""Reset after lock. Block RAM of the iCE40 reads zeros for some microseconds after configuration;
Amaranth's iCE40 platform waits for as long."""


def choose_dividers(board: Board, clock_mhz: float) -> PLLDividers | None:
    """Settings of the board's PLL for a clock; None where the oscillator itself is the clock.

    Raises
    ------
    InputError
        If the PLL cannot make the frequency.
    """
    if clock_mhz == board.oscillator_mhz and board.family.oscillator_as_clock:
        return None
    return PLLS[board.clock_maker].limits.dividers(board.oscillator_mhz, clock_mhz)


class ClockGenerator(Elaboratable):
    """Clock and reset of domain ``sync``, which the parent has to define, from a PLL.

    The domain is in reset until the PLL has been in lock for 15 us, and again when lock is lost.

    Parameters
    ----------
    board
        The board.
    dividers
        Settings of its PLL.
    """

    def __init__(self, board: Board, dividers: PLLDividers):
        self.board = board
        self.dividers = dividers

    def elaborate(self, platform):
        m = Module()
        clock, locked = Signal(), Signal()
        oscillator = platform.request(self.board.oscillator, dir="-")
        pll = PLLS[self.board.clock_maker]
        pll.connect(m, self.board, self.dividers, oscillator, clock, locked)

        m.domains += ClockDomain("pll", reset_less=True, local=True)
        m.d.comb += [ClockSignal("pll").eq(clock), ClockSignal("sync").eq(clock)]
        locked_here = Signal()
        m.submodules.lock = FFSynchronizer(locked, locked_here, o_domain="pll")
        # Counts up to its top bit, and stays there.
        timer = Signal(int(_RESET_SECONDS * self.dividers.mhz * 1e6).bit_length() + 1)
        with m.If(~locked_here):
            m.d.pll += timer.eq(0)
        with m.Elif(~timer[-1]):
            m.d.pll += timer.eq(timer + 1)
        m.submodules.reset = ResetSynchronizer(~timer[-1], domain="sync")
        return m
