"""Families: all that each decides is in its own file; platforms tell which they are of."""

import ast
import re
from pathlib import Path

import pytest
from amaranth.vendor import LatticePlatform, XilinxPlatform
from amaranth_boards.arty_a7 import ArtyA7_35Platform
from amaranth_boards.icebreaker import ICEBreakerPlatform
from amaranth_boards.tinyfpga_bx import TinyFPGABXPlatform
from amaranth_boards.ulx3s import ULX3S_85F_Platform

from build_decoder.boards.plls import PLLS
from build_decoder.hdl import families
from build_decoder.hdl.families import FAMILIES, family_of
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.ice40 import FAMILY as ICE40
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.family import FamilyPlatform
from build_decoder.hdl.parts.native import native_part
from build_decoder.models.errors import InputError

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"hdl\.families\.\w+ import|[\"'](?:" + "|".join(FAMILIES) + r")[\"']")


def test_each_file_is_a_family():
    stems = {path.stem for path in (ROOT / "hdl/families").glob("*.py")} - {"__init__"}
    assert {*FAMILIES} == stems
    for name, family in FAMILIES.items():
        assert families.get(name) is family
        assert str(family) == name


def test_a_name_that_is_none():
    with pytest.raises(InputError, match="^family: expected one of ecp5, .*, got 'xc8'$"):
        families.get("xc8")


def test_families_of_platforms():
    for family in FAMILIES.values():
        assert family_of(FamilyPlatform(family)) is family
    # In a simulator nothing may be instantiated.
    assert family_of(None) is None


def test_families_of_boards():
    assert isinstance(arty := ArtyA7_35Platform(), XilinxPlatform)
    assert family_of(arty) is XC7
    assert isinstance(ulx3s := ULX3S_85F_Platform(), LatticePlatform)
    assert family_of(ulx3s) is ECP5
    assert family_of(ICEBreakerPlatform()) is family_of(TinyFPGABXPlatform()) is ICE40


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_what_a_family_names_is_there(family):
    platform = FamilyPlatform(family)
    for purpose in family.parts:
        assert callable(native_part(platform, purpose))
    assert native_part(platform, "other") is native_part(None, "sum") is None
    assert ("mac" in family.parts) == bool(family.dsp.accumulator)
    assert family.pll in PLLS
    assert (family.nextpnr is not None) == (family.toolchain == "nextpnr")


def test_commands_of_synthesis():
    assert XC7.synthesis_commands("top")[1:] == [
        "synth_xilinx -family xc7 -flatten -nodsp -top top", "delete t:$scopeinfo"
    ]
    assert XC7.synthesis_commands("decoder", bare=True)[1] == (
        "synth_xilinx -family xc7 -flatten -nodsp -noiopad -noclkbuf -top decoder"
    )
    assert ECP5.synthesis_commands("decoder", bare=True)[1:] == ["synth_ecp5 -top decoder"]
    assert ICE40.synthesis_commands("decoder")[1:] == ["synth_ice40 -dsp -top decoder"]


def keyed_by_family(tree: ast.AST) -> list[int]:
    """Lines that compare with a family or look its name up."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.Dict):
            asked = [key for key in node.keys if key is not None]
        elif isinstance(node, ast.MatchValue):
            asked = [node.value]
        else:
            continue
        for each in asked:
            name = getattr(each, "value", None) or getattr(each, "id", None)
            if isinstance(name, str) and name.lower() in FAMILIES:
                found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    "source", ["{'xc7': 1}", "family == ECP5", "XC7 is family", "board.family != 'ice40'"]
)
def test_code_that_is_keyed_by_family_is_found(source):
    assert keyed_by_family(ast.parse(source)) == [1]


def test_all_else_asks_the_family():
    paths = [
        path
        for folder in ("hdl", "sim", "boards", "build_decoder", "bench")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert len(paths) > 100
    for path in paths:
        assert not keyed_by_family(ast.parse(path.read_text())), path
    for path in (ROOT / "hdl").rglob("*.py"):
        if path.parent.name in ("families", "parts"):
            continue
        assert not NAMED.search(path.read_text()), path
