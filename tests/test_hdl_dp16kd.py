"""Memories in ECP5's block RAMs: the right bit of the right row, two cycles later, in all modes."""

import numpy as np
import pytest
from amaranth import Elaboratable, Module, Signal

from build_decoder.hdl.families.ecp5 import FAMILY
from build_decoder.hdl.parts.dp16kd import Dp16kdRom, dp16kd_ram
from tests.cell_models import ForFamily
from tests.rtl import simulate

ROMS = {
    # Rows and bits of one, and blocks.
    "one row": (1, 5, 1),
    "a port": (512, 18, 1),
    "both ports": (512, 19, 1),
    "both ports of two blocks": (300, 40, 2),
    "18 bits": (1024, 20, 2),
    "9 bits": (1990, 18, 2),
    "4 bits": (4096, 8, 2),
    "2 bits": (8190, 4, 2),
    "1 bit": (16384, 2, 2),
}


class Rom(Elaboratable):
    def __init__(self, rows, width):
        self.rows, self.width = rows, width
        self.address, self.enable = Signal(range(max(len(rows), 2))), Signal()
        self.row = Signal(width)

    def elaborate(self, platform):
        m = Module()
        made = Dp16kdRom.of(len(self.rows), self.width)
        m.d.comb += self.row.eq(made.read(m, self.rows, self.address, self.enable))
        return m


class Ram(Elaboratable):
    def __init__(self, rows, width):
        self.rows, self.width = rows, width
        self.read_at, self.write_at = Signal(range(len(rows))), Signal(range(len(rows)))
        self.write, self.data, self.out = Signal(), Signal(width), Signal(width)

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.out.eq(
            dp16kd_ram(
                m, self.rows, self.width, read_at=self.read_at, write_at=self.write_at,
                write=self.write, data=self.data,
            )
        )
        return m


def random_rows(count, width):
    return np.random.default_rng(count).integers(1 << width, size=count).tolist()


@pytest.mark.parametrize("name", ROMS)
def test_rows_come_with_the_second_enable(name):
    count, width, blocks = ROMS[name]
    rows = random_rows(count, width)
    rom = Rom(rows, width)
    mapped = ForFamily(rom, FAMILY)
    random = np.random.default_rng(1)
    places = [0, count - 1, *random.integers(count, size=60).tolist()]

    async def testbench(ctx):
        taken = []
        for place in places:
            ctx.set(rom.address, place)
            ctx.set(rom.enable, 1)
            await ctx.tick()
            taken.append(place)
            # Without enable, all stays as it is, whatever the address is.
            ctx.set(rom.enable, 0)
            ctx.set(rom.address, int(random.integers(count)))
            for _ in range(random.integers(2)):
                await ctx.tick()
            if len(taken) > 1:
                assert ctx.get(rom.row) == rows[taken[-2]]

    simulate(mapped, testbench)
    assert mapped.cells == {"DP16KD": blocks}
    assert Dp16kdRom.of(count, width).blocks == blocks <= FAMILY.memory.block_rams(count, width)


@pytest.mark.parametrize(
    ("rows", "width"), [(16385, 1), (2100, 16)], ids=["too many rows", "fewer with a selection"]
)
def test_what_is_left_to_synthesis(rows, width):
    assert Dp16kdRom.of(rows, width) is None


@pytest.mark.parametrize(
    ("count", "width", "blocks"), [(40, 8, 1), (2048, 9, 1), (2049, 8, 2), (5000, 8, 4)]
)
def test_what_is_written_is_read(count, width, blocks):
    held = random_rows(count, width)
    ram = Ram(list(held), width)
    mapped = ForFamily(ram, FAMILY)
    random = np.random.default_rng(2)

    async def testbench(ctx):
        expected = [None, None]
        for _ in range(200):
            read_at, write_at = (int(n) for n in random.choice(count, 2, replace=False))
            if random.integers(2):
                # Where something was written, if anything was.
                read_at = (write_at + 1) % count
            byte, write = int(random.integers(1 << width)), int(random.integers(2))
            for signal, value in (
                (ram.read_at, read_at), (ram.write_at, write_at), (ram.write, write),
                (ram.data, byte),
            ):
                ctx.set(signal, value)
            expected.append(held[read_at])
            if write:
                held[write_at] = byte
            await ctx.tick()
            if expected[-2] is not None:
                assert ctx.get(ram.out) == expected[-2]
        for place in range(min(count, 40)):
            ctx.set(ram.write, 0)
            ctx.set(ram.read_at, place)
            await ctx.tick().repeat(2)
            assert ctx.get(ram.out) == held[place]

    simulate(mapped, testbench)
    assert mapped.cells == {"DP16KD": blocks}


def test_a_memory_of_too_many_rows():
    assert dp16kd_ram(
        None, [0] * 16385, 8, read_at=Signal(15), write_at=Signal(15), write=Signal(),
        data=Signal(8),
    ) is None
