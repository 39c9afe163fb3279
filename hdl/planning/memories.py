"""Which memories become block RAM, and how many blocks, as Yosys chooses them."""

from dataclasses import dataclass
from functools import lru_cache

__all__ = ["LutRam", "MemoryRules"]


@dataclass(frozen=True, kw_only=True)
class LutRam:
    """A memory of a few LUTs, with a port that writes and one that reads.

    Parameters
    ----------
    shapes
        (width, depth) of one, from wide to deep.
    luts
        LUTs of one.
    price, select_price
        What Yosys weighs one, and each bit that is selected among several behind each other,
        against a block RAM's :attr:`MemoryRules.ram_price`.
    """

    shapes: tuple[tuple[int, int], ...]
    luts: int
    price: int
    select_price: int

    def units(self, rows: int, width: int) -> int:
        """How many a memory takes."""
        wide, deep = self._shape(rows)
        return -(-width // wide) * -(-rows // deep)

    def weight(self, rows: int, width: int) -> int:
        """What Yosys weighs a memory."""
        _, deep = self._shape(rows)
        selected = width * (-(-rows // deep) - 1)
        return self.price * self.units(rows, width) + self.select_price * selected

    def _shape(self, rows: int) -> tuple[int, int]:
        return next((shape for shape in self.shapes if rows <= shape[1]), self.shapes[-1])


@dataclass(frozen=True, kw_only=True)
class MemoryRules:
    """Memories of an FPGA family.

    Parameters
    ----------
    block
        Name of the block RAM that is counted.
    blocks
        Least blocks, of which Yosys makes memories, in one that is counted.
    shapes
        (width, depth) of a least block.
    price, select_price
        What Yosys weighs a least block, and each bit that is selected among blocks behind each
        other.
    ram_price
        What it weighs a least block against other memories with a port that writes.
    lut_ram
        Memory of LUTs; None where there is none, and what is no block RAM is flip-flops.
    lut_inputs
        Inputs of a LUT.
    joined_rows
        Rows of a column of a ROM that LUTs hold whose outputs are joined for nothing.
    bram_luts
        LUTs that a counted block RAM is worth.
    """

    block: str
    blocks: int
    shapes: tuple[tuple[int, int], ...]
    price: int
    select_price: int
    ram_price: int
    lut_ram: LutRam | None
    lut_inputs: int
    joined_rows: int
    bram_luts: int

    @property
    def lut_rows(self) -> int:
        """Rows of a column of a ROM that a LUT holds."""
        return 1 << self.lut_inputs

    def fits_block_ram(self, rows: int, width: int) -> bool:
        """Whether a ROM is cheaper in block RAM than in LUTs, by the sizes of both.

        Synthesis left to itself keeps wide and shallow memories out of block RAM, which fills its
        blocks badly, at any price in LUTs.
        """
        bits = self.blocks * rows * width
        return bits > self.lut_rows * self.bram_luts * self.block_rams(rows, width)

    def fits_block_ram_written(self, rows: int, width: int) -> bool:
        """Whether a memory with a port that writes and a registered one that reads is cheaper in
        block RAM than in LUTs, or in flip-flops, at two for a LUT."""
        if self.lut_ram is None:
            luts = rows * width / 2
        else:
            luts = self.lut_ram.luts * self.lut_ram.units(rows, width)
        return self.blocks * luts > self.bram_luts * self.block_rams(rows, width)

    def block_rams(self, rows: int, width: int) -> int:
        """Least blocks that Yosys takes for a memory with one port that reads."""
        return _blocks(*self._least_cost(rows, width), width)

    def block_parts(self, rows: int, width: int) -> int:
        """Words of a memory in block RAM that are read at once, for one to be selected."""
        return self._least_cost(rows, width)[1]

    def _least_cost(self, rows: int, width: int) -> tuple[int, int]:
        """(width of blocks, words beside each other in these) of a memory."""
        return _least_cost(self.shapes, self.price, self.select_price, rows, width)

    def ram_blocks(self, rows: int, width: int) -> int:
        """Least blocks of a memory with a port that writes and one that reads; 0 if it is none."""
        if not width:
            return 0
        blocks = self.block_rams(rows, width)
        if self.lut_ram is None:
            other = _BIT_PRICE * rows * width
        else:
            other = self.lut_ram.weight(rows, width)
        return 0 if other < self.ram_price * blocks else blocks

    def ram_luts(self, rows: int, width: int) -> int:
        """LUTs that hold such a memory; 0 if it is block RAM or flip-flops."""
        if not width or self.lut_ram is None or self.ram_blocks(rows, width):
            return 0
        return self.lut_ram.luts * self.lut_ram.units(rows, width)

    def ram_bits(self, rows: int, width: int) -> int:
        """Flip-flops that hold such a memory; 0 if it is block RAM or LUTs."""
        if self.lut_ram is not None or self.ram_blocks(rows, width):
            return 0
        return rows * width


_BIT_PRICE = 2
"""What Yosys weighs a bit in a flip-flop; prices here are twice its own, which may be halves."""


@lru_cache(4096)
def _least_cost(
    shapes: tuple[tuple[int, int], ...], price: int, select_price: int, rows: int, width: int
) -> tuple[int, int]:
    made = ((wide, -(-rows // deep)) for wide, deep in shapes)
    return min(
        made,
        key=lambda shape: price * _blocks(*shape, width) + select_price * width * (shape[1] - 1),
    )


def _blocks(wide: int, parts: int, width: int) -> int:
    return -(-width * parts // wide)
