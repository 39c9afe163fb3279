"""Trees of multiplexers: every value of every count is selected, in fewer LUTs than by an array."""

from itertools import product

import numpy as np
import pytest
from amaranth import Array, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.ice40 import FAMILY as ICE40
from build_decoder.hdl.parts.mux_tree import mux_tree
from build_decoder.sim.synthesis import synthesise
from tests.rtl import simulate
from tests.sweeps import swept_cases

WIDTH = 3


class Selection(wiring.Component):
    """``o`` is the value that ``select`` says, a cycle later: registers keep logic apart."""

    def __init__(self, count: int, selected=mux_tree):
        self.count, self.selected = count, selected
        super().__init__(
            {"values": In(count * WIDTH), "select": In(range(count)), "o": Out(WIDTH)}
        )

    def elaborate(self, platform):
        m = Module()
        values, select = Signal.like(self.values), Signal.like(self.select)
        m.d.sync += [values.eq(self.values), select.eq(self.select)]
        words = [values.word_select(n, WIDTH) for n in range(self.count)]
        m.d.sync += self.o.eq(self.selected(m, words, select))
        return m


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 20, 33])
def test_every_value_is_selected(count):
    dut = Selection(count)
    random = np.random.default_rng(count)

    async def testbench(ctx):
        for _ in range(3):
            values = random.integers(0, 1 << WIDTH, count).tolist()
            ctx.set(dut.values, sum(value << WIDTH * n for n, value in enumerate(values)))
            for n, value in enumerate(values):
                ctx.set(dut.select, n)
                await ctx.tick().repeat(2)
                assert ctx.get(dut.o) == value

    simulate(dut, testbench)


def luts(selection: Selection, family, folder) -> int:
    folder.mkdir()
    source = folder / "selection.v"
    source.write_text(to_verilog(selection, name="selection", family=family))
    return synthesise(source, family, folder / "synthesis", top="selection").resources.lut


@pytest.mark.parametrize(
    ("count", "family"), swept_cases(product([12, 20, 33], [ECP5, ICE40]), 6), ids=str
)
def test_an_array_takes_more_luts(count, family, tmp_path):
    tree = luts(Selection(count), family, tmp_path / "tree")
    array = luts(
        Selection(count, lambda _, words, select: Array(words)[select]), family, tmp_path / "array"
    )
    assert tree < 0.75 * array
