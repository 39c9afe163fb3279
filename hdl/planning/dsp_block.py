"""DSP blocks: what operands and sums they hold."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["DspBlock"]


class _Format(Protocol):
    """A number format, or the shape of a signal in it."""

    width: int
    signed: bool


@dataclass(frozen=True, kw_only=True)
class DspBlock:
    """A multiplier block of an FPGA.

    Parameters
    ----------
    name
        Of the cell.
    weight, x
        Most bits of its two operands.
    unsigned
        Whether operands may be unsigned; those of other blocks are signed, so that an unsigned
        number takes a bit more.
    accumulator
        Bits of the block's own accumulator, where a block is the whole unit, weights' registers
        and sum; 0 if it makes products alone.
    packs
        Whether it can make the products of two neurons at a time, by a pre-adder.
    """

    name: str
    weight: int
    x: int
    unsigned: bool
    accumulator: int
    packs: bool

    def operand_width(self, format: _Format) -> int:
        """Bits of the operand that holds numbers of ``format``."""
        return format.width + (not self.unsigned and not format.signed)

    def fits(self, weight_width: int, x_width: int, sum_width: int = 0) -> bool:
        """Whether operands of these widths fit, and sums where the block makes them."""
        return (
            weight_width <= self.weight
            and x_width <= self.x
            and (not self.accumulator or sum_width <= self.accumulator)
        )
