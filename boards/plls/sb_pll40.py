"""iCE40's PLL, SB_PLL40, with the oscillator at the pin that is the PLL's own."""

from amaranth import C, Instance, Module

from build_decoder.boards.board import Board
from build_decoder.boards.pll import PLL, PLLDividers, PLLLimits

__all__ = ["LIMITS", "MAKER", "settings"]

# Lattice FPGA-DS-02008 (iCE40 UltraPlus family data sheet), table "sysCLOCK PLL Timing", and
# FPGA-DS-02029 (iCE40 LP/HX), the same there; dividers of FPGA-TN-02052 with simple feedback:
# DIVR + 1, DIVF + 1, 2**DIVQ.
LIMITS = PLLLimits(
    oscillator=(10, 133),
    phase_detector=(10, 133),
    vco=(533, 1066),
    output=(16, 275),
    reference=range(1, 17),
    feedback=range(1, 129),
    output_dividers=[2**q for q in range(1, 7)],
)


def settings(dividers: PLLDividers, clock, locked) -> dict:
    """Parameters and ports that all kinds of the PLL have."""
    # FPGA-TN-02052: filter range by the frequency of the phase detector.
    filter_range = 1 + sum(dividers.phase_detector_mhz >= limit for limit in (17, 26, 44, 66, 101))
    return {
        "p_FEEDBACK_PATH": "SIMPLE",
        "p_DIVR": C(dividers.reference - 1, 4),
        "p_DIVF": C(dividers.feedback - 1, 7),
        "p_DIVQ": C(dividers.output_divider.bit_length() - 1, 3),
        "p_FILTER_RANGE": C(filter_range, 3),
        "i_RESETB": C(1),
        "i_BYPASS": C(0),
        "o_PLLOUTGLOBAL": clock,
        "o_LOCK": locked,
    }


def _connect(m: Module, board: Board, dividers: PLLDividers, oscillator, clock, locked):
    """SB_PLL40_PAD, whose input is the oscillator's pin itself."""
    m.submodules.pll = Instance(
        "SB_PLL40_PAD", i_PACKAGEPIN=oscillator.io, **settings(dividers, clock, locked)
    )


MAKER = PLL(
    name="sb_pll40",
    limits=LIMITS,
    connect=_connect,
    takes="an oscillator at the PLL's own pin alone; for another pin there is sb_pll40_core",
)
