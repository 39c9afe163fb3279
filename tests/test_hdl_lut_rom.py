"""ROMs in LUTs, by Yosys' own model of a LUT."""

import re

import numpy as np
import pytest
from amaranth import Cat, Module, Shape, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.parts.lut_rom import lut_rom
from build_decoder.hdl.parts.weight_memory import WeightMemory
from build_decoder.hdl.yosys import run_yosys, yosys_share
from build_decoder.sim.synthesis import synthesise
from tests.cell_models import ForFamily
from tests.rtl import simulate


class Rom(wiring.Component):
    def __init__(self, columns: np.ndarray):
        self.columns = [sum(int(bit) << n for n, bit in enumerate(column)) for column in columns]
        self.rows = columns.shape[1]
        super().__init__(
            {"address": In(range(self.rows)), "o": Out(len(columns))}
        )

    def elaborate(self, platform):
        m = Module()
        # Verilog of a design without registers has no clock, which this unused one brings.
        m.d.sync += Signal().eq(Cat(self.address).any())
        m.d.comb += self.o.eq(lut_rom(m, self.columns, self.rows, self.address))
        return m


@pytest.mark.parametrize("rows", [2, 7, 64, 65, 150, 300])
def test_a_rom_reads_its_rows(rows, tmp_path):
    random = np.random.default_rng(rows)
    columns = random.integers(0, 2, (3, rows)).astype(bool)
    if rows > 64:
        columns[1, 64:] = columns[0, 64:]
    (tmp_path / "rom.v").write_text(to_verilog(Rom(columns), family=XC7))
    cells = (yosys_share() / "xilinx" / "cells_sim.v").read_text()
    (tmp_path / "cells.v").write_text(cells)
    addresses = sorted({0, 1, rows - 1, *random.integers(0, rows, 60).tolist()})
    script = [
        "read_verilog rom.v", "read_verilog cells.v", "hierarchy -top decoder", "proc",
        "flatten", "opt_clean",
        *(f"eval -set address {address} -show o" for address in addresses),
    ]
    out = run_yosys(script, tmp_path).read_text()
    read = [int(value, 2) for value in re.findall(r"Eval result: \\o = \d+'([01]+)\.", out)]
    assert read == [sum(int(c[a]) << n for n, c in enumerate(columns)) for a in addresses]


@pytest.mark.parametrize("rows", [2, 63, 64, 65, 128, 200])
def test_every_row_equal_parts_in_one_lut_and_constant_ones_in_none(rows):
    columns = np.random.default_rng(rows).integers(0, 2, (4, rows)).astype(bool)
    columns[3] = columns[2]
    columns[1, 64:128] = columns[0, 64:128]
    parts = {
        tuple(column[first : first + 64]) for column in columns.tolist()
        for first in range(0, rows, 64) if len({*column[first : first + 64]}) > 1
    }
    dut = ForFamily(rom := Rom(columns), XC7)
    read = []

    async def testbench(ctx):
        for address in range(rows):
            ctx.set(rom.address, address)
            read.append(ctx.get(rom.o))

    simulate(dut, testbench)
    assert read == [sum(int(c[a]) << n for n, c in enumerate(columns)) for a in range(rows)]
    assert dut.cells == {"LUT6": len(parts)}
    assert len(parts) < 4 * -(-rows // 64)


@pytest.mark.slow
def test_weights_take_one_lut_for_64_rows_of_a_column(tmp_path):
    random = np.random.default_rng(0)
    rows = random.integers(-8, 8, (60, 1, 6))
    memory = WeightMemory(shape=Shape(4, signed=True), rows=rows)
    (tmp_path / "memory.v").write_text(to_verilog(memory, family=XC7))
    found = synthesise(tmp_path / "memory.v", XC7, tmp_path / "synthesis").resources
    # The counter, and whether it is ready.
    assert found.lut <= 6 * 4 + 6 + 3
    assert found.ff == 6 * 4 + 6 + 2
