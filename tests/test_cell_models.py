"""Amaranth's models of cells do what Yosys' and ours in Verilog do, on random pins."""

import re

import pytest
from amaranth import Cat, ClockSignal, Const, Instance, Module, Mux, Signal
from amaranth.hdl import Fragment
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.yosys import yosys_share
from build_decoder.sim.primitives import cell_sources
from tests.cell_models import Dsp48e1, Mult18x18d, with_models
from tests.sweeps import swept
from tests.verilator_bench import run_bench

_NO_CONTROL_REGISTERS = dict.fromkeys(
    ("INMODEREG", "OPMODEREG", "ALUMODEREG", "CARRYINREG", "CARRYINSELREG"), 0
)
DSP_PARAMETERS = [
    {"ADREG": 0, "BREG": 0, "CREG": 0, "USE_DPORT": "TRUE"},
    {"ADREG": 0, "BREG": 0, "CREG": 0},
    {"ADREG": 0, "BREG": 0, "CREG": 0, "PREG": 0, "USE_DPORT": "TRUE"},
    {"AREG": 0, "DREG": 0, "MREG": 0, "USE_DPORT": "TRUE"},
    {"USE_DPORT": "TRUE"},
]
MULT_PARAMETERS = [
    {"REG_OUTPUT_CLK": "CLK0"},
    {"REG_OUTPUT_CLK": "CLK0", "REG_OUTPUT_CE": "CE2", "REG_OUTPUT_RST": "RST1"},
    {f"REG_{stage}_CLK": "CLK0" for stage in ("INPUTA", "INPUTB", "PIPELINE", "OUTPUT")},
    {},
]


class Cells(wiring.Component):
    """Cells of a family side by side: bits of ``pins`` to all of their inputs, outputs to ``o``."""

    def __init__(self, family: str):
        self.family = family
        super().__init__({"pins": In(512), "o": Out(480)})

    def elaborate(self, platform):
        m = Module()
        self.used, self.shown = 0, []
        if self.family == XC7:
            for parameters in DSP_PARAMETERS:
                self.used = 0
                self._dsp(m, parameters)
            self._slices(m)
        else:
            for parameters in MULT_PARAMETERS:
                self.used = 0
                self._mult(m, parameters)
        m.d.comb += self.o.eq(Cat(self.shown))
        return m

    def _bits(self, count: int):
        self.used += count
        return self.pins[self.used - count : self.used]

    def _rarely(self):
        # Ones on all pins are a reset.
        return self._bits(4).all()

    def _out(self, width: int) -> Signal:
        self.shown.append(out := Signal(width))
        return out

    def _dsp(self, m, parameters):
        # Without its register, P can not be fed back.
        z = [Const(0b011, 3), Const(0b011 if parameters.get("PREG") == 0 else 0b010, 3)]
        pins = {
            name: self._rarely() if name.startswith("RST") else self._bits(width)
            for name, width in Dsp48e1.inputs.items() if name != "CLK"
        } | {
            "OPMODE": Cat(Const(0b0101, 4), Mux(self._bits(1), *z)),
            "ALUMODE": Cat(self._bits(2), Const(0, 2)),
            "CARRYINSEL": Const(0, 3),
        }
        m.submodules += Instance(
            "DSP48E1",
            **{f"p_{k}": v for k, v in (_NO_CONTROL_REGISTERS | parameters).items()},
            **{f"i_{k}": v for k, v in pins.items()},
            i_CLK=ClockSignal(),
            o_P=self._out(48),
        )

    def _slices(self, m):
        m.submodules += Instance(
            "CARRY4", i_CI=self._bits(1), i_CYINIT=Const(0, 1), i_DI=self._bits(4),
            i_S=self._bits(4), o_O=self._out(4), o_CO=self._out(4),
        )
        m.submodules += Instance(
            "LUT6", p_INIT=Const(0x9E3779B97F4A7C15, 64),
            **{f"i_I{n}": self._bits(1) for n in range(6)}, o_O=self._out(1),
        )
        for kind in ("MUXF7", "MUXF8"):
            m.submodules += Instance(
                kind, i_I0=self._bits(1), i_I1=self._bits(1), i_S=self._bits(1),
                o_O=self._out(1),
            )

    def _mult(self, m, parameters):
        pins = {
            name: self._rarely() if name.startswith("RST") else self._bits(width)
            for name, width in Mult18x18d.inputs.items()
            if not re.match(r"CLK|SOURCE|C\d", name)
        }
        m.submodules += Instance(
            "MULT18X18D",
            **{f"p_{k}": v for k, v in parameters.items()},
            **{f"i_{k}": v for k, v in pins.items()},
            i_CLK0=ClockSignal(), i_SOURCEA=Const(0), i_SOURCEB=Const(0),
            **{f"o_P{n}": self._out(1) for n in range(36)},
        )


class Modelled(Cells):
    def elaborate(self, platform):
        return with_models(Fragment.get(super().elaborate(platform), None))


BENCH = """
module bench (input clk);
  reg [511:0] pins = {512{1'b1}};
  wire [479:0] right, got;
  cells cells (.clk(clk), .rst(1'b0), .pins(pins), .o(right));
  models models (.clk(clk), .rst(1'b0), .pins(pins), .o(got));
  integer n = 0, k, wrong = 0;
  always @(negedge clk) begin
    if (n > 3 && right !== got) begin
      if (wrong == 0) $display("cycle %0d: expected %h, got %h", n, right, got);
      wrong = wrong + 1;
    end
    n = n + 1;
    if (n > 3) for (k = 0; k < 16; k = k + 1) pins[32*k+:32] = $urandom;
    if (n == 20000) begin
      $display("wrong=%0d", wrong);
      $finish;
    end
  end
endmodule
"""


@pytest.mark.parametrize("family", swept([ECP5, XC7], 2))
def test_models_in_amaranth_and_in_verilog_agree(family, tmp_path):
    for component, name in ((Cells, "cells"), (Modelled, "models")):
        (tmp_path / f"{name}.v").write_text(to_verilog(component(family), name=name))
    (tmp_path / "bench.v").write_text(BENCH)
    cells, include_dirs = cell_sources(family, yosys_share(), tmp_path)
    files = [tmp_path / f"{name}.v" for name in ("cells", "models", "bench")]
    run = run_bench([*cells, *files], tmp_path, include_dirs=include_dirs)
    assert "wrong=0" in run.stdout, run.stdout + run.stderr
