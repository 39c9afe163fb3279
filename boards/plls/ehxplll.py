"""ECP5's PLL, EHXPLLL."""

from amaranth import C, Instance, Module, Signal
from amaranth.lib import io

from build_decoder.boards.board import Board
from build_decoder.boards.pll import PLL, PLLDividers, PLLLimits

__all__ = ["MAKER"]


def _connect(m: Module, board: Board, dividers: PLLDividers, oscillator, clock, locked):
    """EHXPLLL; CLKOP closes the loop at the phase detector's frequency, CLKOS is the clock."""
    feedback = Signal()
    m.submodules.oscillator = buffer = io.Buffer("i", oscillator)
    m.submodules.pll = Instance(
        "EHXPLLL",
        a_FREQUENCY_PIN_CLKI=f"{board.oscillator_mhz:g}",
        a_FREQUENCY_PIN_CLKOS=f"{dividers.mhz:g}",
        a_ICP_CURRENT="12",
        a_LPF_RESISTOR="8",
        a_MFG_ENABLE_FILTEROPAMP="1",
        a_MFG_GMCREF_SEL="2",
        p_CLKI_DIV=dividers.reference,
        p_CLKFB_DIV=1,
        p_FEEDBK_PATH="CLKOP",
        p_CLKOP_ENABLE="ENABLED",
        p_CLKOP_DIV=dividers.feedback,
        p_CLKOP_CPHASE=dividers.feedback - 1,
        p_CLKOS_ENABLE="ENABLED",
        p_CLKOS_DIV=dividers.output_divider,
        p_CLKOS_CPHASE=dividers.output_divider - 1,
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


MAKER = PLL(
    name="ehxplll",
    # Lattice FPGA-DS-02012 (ECP5 family data sheet), table "sysCLOCK PLL Timing".
    limits=PLLLimits(
        oscillator=(8, 400),
        phase_detector=(10, 400),
        vco=(400, 800),
        output=(3.125, 400),
        reference=range(1, 129),
        feedback=range(1, 129),
        output_dividers=range(1, 129),
    ),
    connect=_connect,
)
