"""The 7 series' PLL, PLLE2."""

from amaranth import C, Instance, Module, Signal
from amaranth.lib import io

from build_decoder.boards.board import Board
from build_decoder.boards.pll import PLL, PLLDividers, PLLLimits

__all__ = ["MAKER"]


def _connect(m: Module, board: Board, dividers: PLLDividers, oscillator, clock, locked):
    """PLLE2_BASE and a global buffer."""
    feedback, unbuffered = Signal(), Signal()
    m.submodules.oscillator = buffer = io.Buffer("i", oscillator)
    m.submodules.pll = Instance(
        "PLLE2_BASE",
        p_CLKIN1_PERIOD=1e3 / board.oscillator_mhz,
        p_DIVCLK_DIVIDE=dividers.reference,
        p_CLKFBOUT_MULT=dividers.feedback,
        p_CLKOUT0_DIVIDE=dividers.output_divider,
        i_CLKIN1=buffer.i,
        i_CLKFBIN=feedback,
        i_RST=C(0),
        i_PWRDWN=C(0),
        o_CLKFBOUT=feedback,
        o_CLKOUT0=unbuffered,
        o_LOCKED=locked,
    )
    m.submodules.buffer = Instance("BUFG", i_I=unbuffered, o_O=clock)


MAKER = PLL(
    name="plle2",
    # Xilinx DS187 (Zynq-7020 data sheet), table "PLL Specification", speed grade -1; the output
    # through a BUFG of that grade, table "Global Clock Buffer Switching Characteristics".
    limits=PLLLimits(
        oscillator=(19, 800),
        phase_detector=(19, 450),
        vco=(800, 1600),
        output=(6.25, 464),
        reference=range(1, 57),
        feedback=range(2, 65),
        output_dividers=range(1, 129),
    ),
    connect=_connect,
)
