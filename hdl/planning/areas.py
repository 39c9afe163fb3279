"""What a design takes of an FPGA."""

from dataclasses import dataclass

__all__ = ["Area"]


@dataclass(frozen=True)
class Area:
    """Resources of a design or of a part of it; estimated LUTs and flip-flops are not whole.

    ``bram`` counts the blocks of the family, of which a part may be taken.
    """

    lut: float = 0.0
    ff: float = 0.0
    dsp: int = 0
    bram: float = 0.0

    def __add__(self, other: "Area") -> "Area":
        return Area(
            self.lut + other.lut,
            self.ff + other.ff,
            self.dsp + other.dsp,
            self.bram + other.bram,
        )
