"""Weight memories: rows in their order, a new one when told and never else."""

import numpy as np
import pytest
from amaranth import Shape
from amaranth.back import rtlil

from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.parts.weight_memory import WeightMemory
from tests.cell_models import ForFamily
from tests.rtl import simulate

FAMILIES = [None, XC7, ECP5]
ROWS = {
    "1": (1, 2, 3), "2": (2, 2, 3), "3": (3, 2, 3), "8": (8, 2, 3), "11": (11, 2, 3),
    "70": (70, 1, 2), "in block RAM": (129, 4, 8),
}  # fmt: skip


def rows_of(name: str) -> np.ndarray:
    random = np.random.default_rng(len(name))
    rows = random.integers(-16, 16, ROWS[name])
    # Columns that are constant, and two that are equal, are not stored, or once.
    rows[:, 0, 0] = rows[:, 0, 0] & 0b00110 | 0b01001
    rows[:, -1, -1] = rows[:, 0, 0]
    return rows


def check(rows: np.ndarray, *, signed: bool, probability: float, family: str | None):
    """Drive ``advance`` at random; returns how often, and the cells that there are."""
    random = np.random.default_rng(3)
    shape = Shape(5, signed)
    dut = WeightMemory(shape=shape, rows=rows if signed else rows & 31)
    rows, count = dut.rows.tolist(), len(dut.rows)
    mapped = ForFamily(dut, family)
    advances = 0

    async def testbench(ctx):
        nonlocal advances
        loads = 0
        # Two in which the first row comes into the memory's register, and one more where the block
        # RAM has another register behind it.
        settling = 3 if "DP16KD" in mapped.cells else 2
        for cycle in range(4 * count + 60):
            ready = ctx.get(dut.ready)
            assert ready == (count == 1 or cycle >= settling)
            advance = int(ready and random.random() < probability)
            advances += advance
            ctx.set(dut.advance, advance)
            weights = [[ctx.get(w) for w in lane] for lane in dut.weights]
            if count == 1:
                assert weights == rows[0]
                await ctx.tick()
                continue
            # Loaded when told, and to fetch the first rows; never else.
            assert ctx.get(dut.load) == (advance or not ready)
            if loads > settling - 2:
                # The row of the next load, which is shown from the last one on and holds.
                assert weights == rows[(loads + 1 - settling) % count], cycle
            loads += ctx.get(dut.load)
            await ctx.tick()
        assert count == 1 or loads == advances + settling

    simulate(mapped, testbench)
    return advances, mapped.cells


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", ROWS)
def test_rows_come_round_and_round_and_hold(name, family):
    rows = rows_of(name)
    advances, cells = check(rows, signed=True, probability=0.7, family=family)
    assert advances > 2 * len(rows)
    in_blocks = (family or DEFAULT).memory.fits_block_ram(len(rows), 160)
    # What 70 rows take in LUTs of four inputs is more than block RAMs are worth.
    assert in_blocks == (name == "in block RAM" or (name == "70" and family is ECP5))
    assert (cells.keys() == {"DP16KD"}) == (family == ECP5 and name == "in block RAM")
    assert (cells.keys() == {"LUT6"}) == (family == XC7 and len(rows) > 1 and not in_blocks)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("probability", [1, 0.1])
@pytest.mark.parametrize("name", ["2", "11"])
def test_a_row_each_cycle_and_rarely(name, probability, family):
    check(rows_of(name), signed=False, probability=probability, family=family)


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_that_are_all_equal(family):
    check(np.full((4, 1, 3), -11), signed=True, probability=0.5, family=family)


@pytest.mark.parametrize("name", ["11", "in block RAM"])
def test_block_ram_is_asked_for_where_it_costs_less(name):
    # Synthesis left to itself keeps wide and shallow memories out of it.
    netlist = rtlil.convert(WeightMemory(shape=Shape(5, signed=True), rows=rows_of(name)))
    assert ('attribute \\ram_style "block"' in netlist) == (name == "in block RAM")
