"""Our models of the 7 series' LUTs are Yosys' own ones, for all inputs, by proof."""

import re

import numpy as np

from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.yosys import run_yosys, yosys_share
from build_decoder.sim.primitives import cell_sources

CELLS = {"LUT2": 2, "LUT3": 3, "LUT4": 4, "LUT5": 5, "LUT6": 6, "LUT6_2": 6}


def instances(name, count, init, place):
    """The cell of both models with the same inputs, and whether their outputs are the same."""
    pins = ", ".join(f".I{n}(i[{n}])" for n in range(count))
    outputs = ("O6", "O5") if name == "LUT6_2" else ("O",)
    text = ""
    for model in ("", "own_"):
        given = ", ".join(f".{o}({model}{o}_{place})" for o in outputs)
        wires = ", ".join(f"{model}{o}_{place}" for o in outputs)
        text += f"wire {wires};\n{model}{name} #(.INIT({1 << count}'h{init:x})) "
        text += f"{model}cell_{place} ({pins}, {given});\n"
    equal = " && ".join(f"{o}_{place} == own_{o}_{place}" for o in outputs)
    return text + f"assign same[{place}] = {equal};\n"


def test_models_of_luts_are_those_of_yosys(tmp_path):
    random = np.random.default_rng(1)
    sources, _ = cell_sources(XC7, yosys_share(), tmp_path / "cells")
    (own,) = [path for path in sources if path.name == "lut.v"]
    text = own.read_text()
    assert {*re.findall(r"^module (\w+)", text, re.M)} == CELLS.keys()
    (tmp_path / "own.v").write_text(re.sub(r"^module ", "module own_", text, flags=re.M))
    library = (yosys_share() / XC7.netlist.library).read_text()
    models = [
        re.search(rf"^module {name}\(.*?^endmodule$", library, re.M | re.S)[0] for name in CELLS
    ]
    (tmp_path / "yosys.v").write_text("\n".join(models))
    made = [(name, count) for name, count in CELLS.items() for _ in range(3)]
    body = "".join(
        instances(name, count, int(random.integers(1 << 62)) % (1 << (1 << count)), place)
        for place, (name, count) in enumerate(made)
    )
    top = f"module top (input [5:0] i, output [{len(made) - 1}:0] same);\n{body}endmodule\n"
    (tmp_path / "top.v").write_text(top)
    ones = f"{len(made)}'b{'1' * len(made)}"
    script = [
        "read_verilog -specify own.v yosys.v top.v", "hierarchy -top top", "proc", "flatten",
        "delete t:$specify*", f"sat -verify -prove same {ones} top",
    ]  # fmt: skip
    run_yosys(script, tmp_path)
