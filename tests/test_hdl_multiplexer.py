"""Wide multiplexers, by Yosys' own models of LUTs, MUXF7 and MUXF8."""

import re

import numpy as np
import pytest
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.parts.multiplexer import multiplexer
from build_decoder.hdl.yosys import run_yosys, yosys_share
from build_decoder.sim.synthesis import synthesise
from tests.sweeps import swept

COUNTS = [*range(2, 14), 16, 17, 18, 20, 25, 33, 70]


class Selection(wiring.Component):
    def __init__(self, counts: list[int], width: int):
        self.counts, self.width = counts, width
        members = {}
        for count in counts:
            members[f"values_{count}"] = In(count * width)
            members[f"select_{count}"] = In(range(count))
            members[f"o_{count}"] = Out(width)
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        for count in self.counts:
            # Registers keep what selects apart from what is around it.
            select = Signal(range(count))
            values = Signal(count * self.width)
            m.d.sync += [
                select.eq(getattr(self, f"select_{count}")),
                values.eq(getattr(self, f"values_{count}")),
            ]
            words = [values[self.width * n : self.width * (n + 1)] for n in range(count)]
            m.d.sync += getattr(self, f"o_{count}").eq(multiplexer(m, words, select))
        return m


class Combinational(Selection):
    def elaborate(self, platform):
        m = Module()
        (count,) = self.counts
        select, values = getattr(self, f"select_{count}"), getattr(self, f"values_{count}")
        # Verilog of a design without registers has no clock, which this unused one brings.
        m.d.sync += Signal().eq(select.any())
        words = [values[self.width * n : self.width * (n + 1)] for n in range(count)]
        m.d.comb += getattr(self, f"o_{count}").eq(multiplexer(m, words, select))
        return m


@pytest.mark.parametrize("count", swept(COUNTS, 3))
def test_a_multiplexer_selects(count, tmp_path):
    width = 3
    (tmp_path / "mux.v").write_text(to_verilog(Combinational([count], width), family=XC7))
    cells = (yosys_share() / "xilinx" / "cells_sim.v").read_text()
    (tmp_path / "cells.v").write_text(cells)
    values = np.random.default_rng(count).integers(0, 1 << width, count).tolist()
    packed = sum(value << width * n for n, value in enumerate(values))
    script = [
        "read_verilog mux.v", "read_verilog cells.v", "hierarchy -top decoder", "proc",
        "flatten", "opt_clean",
        *(
            f"eval -set values_{count} {count * width}'h{packed:x} "
            f"-set select_{count} {n} -show o_{count}" for n in range(count)
        ),
    ]
    out = run_yosys(script, tmp_path).read_text()
    read = [int(value, 2) for value in re.findall(r"Eval result: \\o_\d+ = \d+'([01]+)\.", out)]
    assert read == values


@pytest.mark.slow
def test_multiplexers_take_the_luts_that_the_area_model_counts(tmp_path):
    width = 5
    (tmp_path / "mux.v").write_text(to_verilog(Selection(COUNTS, width), family=XC7))
    found = synthesise(tmp_path / "mux.v", XC7, tmp_path / "synthesis").resources
    assert found.lut == width * sum(XC7.multiplexer_luts(count) for count in COUNTS)
