"""Board descriptions."""

import subprocess
import sys

import pytest

from build_decoder import boards
from build_decoder.boards.check_board import check_board
from build_decoder.boards.resources import check_capacity, check_memory
from build_decoder.boards.uart import divisor_for
from build_decoder.hdl.cells import Resources
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.ice40 import FAMILY as ICE40
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.models.errors import InputError, ToolError


def test_boards_are_found():
    assert {"ulx3s_85f", "pynq_z1", "picozed_7030", "icebreaker"} <= set(boards.board_names())


def test_an_unknown_board_is_refused_with_those_that_there_are():
    known = ", ".join(sorted(boards.board_names()))
    with pytest.raises(InputError, match=f"{known}, or a file .*, got 'ulx4s'"):
        boards.get("ulx4s")


@pytest.mark.parametrize("name", boards.board_names())
def test_a_description_agrees_with_its_platform(name):
    board = boards.get(name)
    check_board(board, name)
    assert board.name == name
    assert divisor_for(board.clock_mhz, board.baud) * board.baud == board.clock_mhz * 1e6


def test_capacity_of_the_picozed_is_that_of_aheads_table_5():
    capacity = boards.get("picozed_7030").capacity
    used = {"lut": 12_050, "ff": 5_347, "dsp": 1, "bram": 21}
    percent = {name: 100 * count / getattr(capacity, name) for name, count in used.items()}
    table = {"lut": 15.33, "ff": 3.40, "dsp": 0.25, "bram": 7.92}
    assert percent == pytest.approx(table, abs=0.005)


def test_a_design_too_large_is_refused_with_the_numbers():
    board = boards.get("icebreaker")
    check_capacity(board, Resources(lut=5280, ff=5280, dsp=8, bram=30))
    with pytest.raises(InputError, match="needs 6000 lut of 5280, 9 dsp of 8"):
        check_capacity(board, Resources(lut=6000, ff=1, dsp=9, bram=30))


def test_hopeless_weights_are_refused_with_the_numbers():
    board = boards.get("icebreaker")
    check_memory(board, 122_880 + 84_480)
    with pytest.raises(InputError, match="got 207361 bits of weights for 122880 bits of block RAM"):
        check_memory(board, 207_361)


def test_cells_are_counted_as_the_vendors_do():
    ecp5 = {"LUT4": 10, "CCU2C": 3, "TRELLIS_FF": 7, "DP16KD": 2, "MULT18X18D": 1, "TRELLIS_IO": 9}
    assert ECP5.resources_of(ecp5) == Resources(lut=16, ff=7, dsp=1, bram=2)
    xc7 = {"LUT1": 1, "LUT6": 2, "CARRY4": 9, "FDRE": 4, "FDSE": 1, "RAMB36E1": 1, "RAMB18E1": 1}
    assert XC7.resources_of(xc7) == Resources(lut=3, ff=5, dsp=0, bram=1.5)
    assert isinstance(XC7.resources_of({"RAMB18E1": 2, "INV": 1}).bram, int)
    ice40 = {"SB_LUT4": 3, "SB_DFFESR": 2, "SB_DFF": 1, "SB_MAC16": 1, "SB_RAM40_4K": 4}
    ice40 |= {"$scopeinfo": 5, "SB_CARRY": 9, "SB_IO": 4, "SB_PLL40_PAD": 1}
    assert ICE40.resources_of(ice40) == Resources(lut=3, ff=3, dsp=1, bram=4)


def test_a_cell_of_unknown_cost_is_an_error():
    with pytest.raises(ToolError, match="2 cells DSP48E2 in a netlist for xc7: it is not known"):
        XC7.resources_of({"LUT6": 1, "DSP48E2": 2})


def test_the_host_driver_needs_no_amaranth():
    code = "import sys, build_decoder.boards.driver; sys.exit('amaranth' in sys.modules)"
    assert subprocess.run([sys.executable, "-W", "error", "-c", code]).returncode == 0


def test_a_file_is_enough_for_a_board(tmp_path, monkeypatch):
    (tmp_path / "my_board.py").write_text(
        "from dataclasses import replace\n"
        "from build_decoder.boards.ulx3s_85f import BOARD as ULX3S\n"
        "BOARD = replace(ULX3S, name='my_board')\n"
    )
    monkeypatch.setattr(boards, "__path__", [*boards.__path__, str(tmp_path)])
    assert {*boards.board_names()} >= {"my_board", "ulx3s_85f"}
    assert boards.get("my_board").device == boards.get("ulx3s_85f").device
    monkeypatch.delitem(sys.modules, "build_decoder.boards.my_board")
