"""iCE40's PLL, SB_PLL40, with the oscillator at any pin but the PLL's own."""

from amaranth import Instance, Module
from amaranth.lib import io

from build_decoder.boards.board import Board
from build_decoder.boards.pll import PLL, PLLDividers
from build_decoder.boards.plls.sb_pll40 import LIMITS, settings

__all__ = ["MAKER"]


def _connect(m: Module, board: Board, dividers: PLLDividers, oscillator, clock, locked):
    """SB_PLL40_CORE behind an input buffer."""
    m.submodules.oscillator = buffer = io.Buffer("i", oscillator)
    m.submodules.pll = Instance(
        "SB_PLL40_CORE", i_REFERENCECLK=buffer.i, **settings(dividers, clock, locked)
    )


MAKER = PLL(
    name="sb_pll40_core",
    limits=LIMITS,
    connect=_connect,
    takes="an oscillator at any pin but the PLL's own; for that one there is sb_pll40",
)
