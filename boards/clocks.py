"""The decoder's clock and reset, made from a board's oscillator."""

from amaranth import C, ClockDomain, ClockSignal, Elaboratable, Instance, Module, Signal
from amaranth.lib import io
from amaranth.lib.cdc import FFSynchronizer, ResetSynchronizer

from build_decoder.boards.board import Board
from build_decoder.boards.pll import PLL_LIMITS, PLLDividers

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
    # The platform's own domain of 7-series devices has STARTUPE2, which nextpnr cannot place.
    if clock_mhz == board.oscillator_mhz and board.family != "xc7":
        return None
    return PLL_LIMITS[board.family].dividers(board.oscillator_mhz, clock_mhz)


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
        make = {"ecp5": self._ecp5, "ice40": self._ice40, "xc7": self._xc7}[self.board.family]
        make(m, oscillator, clock, locked)

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

    def _ecp5(self, m, oscillator, clock, locked):
        """EHXPLLL; CLKOP closes the loop at the phase detector's frequency, CLKOS is the clock."""
        d = self.dividers
        feedback = Signal()
        m.submodules.oscillator = buffer = io.Buffer("i", oscillator)
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{self.board.oscillator_mhz:g}",
            a_FREQUENCY_PIN_CLKOS=f"{d.mhz:g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_CLKI_DIV=d.reference,
            p_CLKFB_DIV=1,
            p_FEEDBK_PATH="CLKOP",
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_DIV=d.feedback,
            p_CLKOP_CPHASE=d.feedback - 1,
            p_CLKOS_ENABLE="ENABLED",
            p_CLKOS_DIV=d.output_divider,
            p_CLKOS_CPHASE=d.output_divider - 1,
            i_CLKI=buffer.i,
            i_CLKFB=feedback,
            i_RST=C(0),
            i_STDBY=C(0),
            i_ENCLKOP=C(0),
            i_ENCLKOS=C(0),
            o_CLKOP=feedback,
            o_CLKOS=clock,
            o_LOCK=locked,
        )

    def _ice40(self, m, oscillator, clock, locked):
        """SB_PLL40_PAD, whose input is the oscillator's pin itself."""
        d = self.dividers
        # FPGA-TN-02052: filter range by the frequency of the phase detector.
        filter_range = 1 + sum(d.phase_detector_mhz >= limit for limit in (17, 26, 44, 66, 101))
        m.submodules.pll = Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=C(d.reference - 1, 4),
            p_DIVF=C(d.feedback - 1, 7),
            p_DIVQ=C(d.output_divider.bit_length() - 1, 3),
            p_FILTER_RANGE=C(filter_range, 3),
            i_PACKAGEPIN=oscillator.io,
            i_RESETB=C(1),
            i_BYPASS=C(0),
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )

    def _xc7(self, m, oscillator, clock, locked):
        """PLLE2_BASE and a global buffer."""
        d = self.dividers
        feedback, unbuffered = Signal(), Signal()
        m.submodules.oscillator = buffer = io.Buffer("i", oscillator)
        m.submodules.pll = Instance(
            "PLLE2_BASE",
            p_CLKIN1_PERIOD=1e3 / self.board.oscillator_mhz,
            p_DIVCLK_DIVIDE=d.reference,
            p_CLKFBOUT_MULT=d.feedback,
            p_CLKOUT0_DIVIDE=d.output_divider,
            i_CLKIN1=buffer.i,
            i_CLKFBIN=feedback,
            i_RST=C(0),
            i_PWRDWN=C(0),
            o_CLKFBOUT=feedback,
            o_CLKOUT0=unbuffered,
            o_LOCKED=locked,
        )
        m.submodules.buffer = Instance("BUFG", i_I=unbuffered, o_O=clock)
