"""What a design takes of an FPGA, and what that is worth."""

from dataclasses import dataclass

__all__ = ["BRAM36_LUTS", "DSP_LUTS", "Area"]

DSP_LUTS = 50
"""LUTs that a DSP block is worth."""

BRAM36_LUTS = 100
"""LUTs that a block RAM of 36 Kbit is worth."""


@dataclass(frozen=True)
class Area:
    """Resources of a design or of a part of it; estimated LUTs and flip-flops are not whole."""

    lut: float = 0.0
    ff: float = 0.0
    dsp: int = 0
    bram36: float = 0.0

    @property
    def cost(self) -> float:
        """All in LUTs, flip-flops for nothing."""
        return self.lut + DSP_LUTS * self.dsp + BRAM36_LUTS * self.bram36

    def __add__(self, other: "Area") -> "Area":
        return Area(
            self.lut + other.lut,
            self.ff + other.ff,
            self.dsp + other.dsp,
            self.bram36 + other.bram36,
        )
