"""PLLs that make a decoder's clock: one module each, found by looking into this folder.

A module that defines ``MAKER`` adds one; a family of :mod:`hdl.families` names it.
"""

from build_decoder.boards.pll import PLL
from build_decoder.models.discovery import discover

__all__ = ["PLLS"]

PLLS: dict[str, PLL] = discover(__name__, __path__, "MAKER")
"""All of them by name."""
