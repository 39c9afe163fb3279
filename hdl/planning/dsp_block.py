"""DSP blocks: what operands and sums they hold."""

from collections.abc import Callable
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
    least
        Fewest bits of a product that is made in one.
    """

    name: str
    weight: int
    x: int
    unsigned: bool
    accumulator: int
    packs: bool
    least: int = 0

    def operand_width(self, format: _Format) -> int:
        """Bits of the operand that holds numbers of ``format``."""
        return format.width + (not self.unsigned and not format.signed)

    def fits_pairs(
        self, weight: _Format, x: _Format, sum_width: int, packed_width: Callable[[int], int]
    ) -> bool:
        """Whether products of two neurons, or their sums of ``sum_width`` bits, fit together.

        Parameters
        ----------
        packed_width
            Bits of the operand that holds both weights, for the bits of the lower sum.
        """
        # The pre-adder's operands and its sum.
        widest = self.operand_width(weight) + sum_width
        x_width = self.operand_width(x)
        if not self.packs or not self.fits(widest, x_width, 2 * sum_width):
            return False
        return packed_width(sum_width) <= self.weight

    def makes(self, weight: _Format, x: _Format) -> bool:
        """Whether a product is not too small to be made in one."""
        return weight.width + x.width >= self.least

    def fits(self, weight_width: int, x_width: int, sum_width: int = 0) -> bool:
        """Whether operands of these widths fit, and sums where the block makes them."""
        return (
            weight_width <= self.weight
            and x_width <= self.x
            and (not self.accumulator or sum_width <= self.accumulator)
        )
