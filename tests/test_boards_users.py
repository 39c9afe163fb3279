"""Boards of users' files and of entry points, and what is told of those that cannot be used."""

import sys
from pathlib import Path

import pytest

from build_decoder import boards
from build_decoder.__main__ import main
from build_decoder.boards.known import GROUP, listed
from build_decoder.models.errors import InputError

REPLACED = """\
from dataclasses import replace
from build_decoder.boards.board import Capacity
from build_decoder.boards.ulx3s_85f import BOARD as ULX3S
from build_decoder.hdl import families
from amaranth_boards.arty_a7 import ArtyA7_35Platform
from amaranth_boards.orangecrab_r0_2 import OrangeCrabR0_2_85FPlatform
from amaranth_boards.ulx3s import ULX3S_85F_Platform
BOARD = replace(ULX3S, {})
"""


def written(folder: Path, text: str, name: str = "board.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_file_is_a_board(tmp_path):
    path = written(tmp_path, REPLACED.format("name='mine', title='Mine'"))
    assert boards.get(path).title == "Mine"
    assert "mine" not in boards.board_names()
    assert list(tmp_path.iterdir()) == [Path(path)]


def test_a_file_of_the_working_folder_may_have_dataclasses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Mine:\n    number: int\n"
    )
    written(tmp_path, text + REPLACED.format("name='mine'"))
    assert boards.get("board.py").name == "mine"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import no_such_module\n", "line 1: expected code that runs, got ModuleNotFoundError: "),
        ("\nBOARD = (\n", "line 2: expected code that runs, got a syntax error: '.' was never"),
        ("\n\nraise SystemExit('bye')\n", "line 3: expected code that runs, got SystemExit: bye"),
        ("x = 1\n", ": expected a file that defines BOARD, .*, got one without"),
        ("BOARD = 'ulx3s_85f'\n", "BOARD: expected a build_decoder.boards.board.Board, got 'ulx3s"),
        (
            "from build_decoder.boards.board import Board\nBOARD = Board(\n    name='x',\n)\n",
            r"line 2: .*TypeError: Board.__init__\(\) missing 10 required",
        ),
    ],
)
def test_a_file_that_cannot_be_loaded_is_told_in_one_line(text, says, tmp_path):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=f"^{path}: {says}|^{path}{says}") as caught:
        boards.get(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nothing.py", "folder/nothing", "folder/"])
def test_a_file_that_is_not_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=f"board: {name}: expected a Python file that defines "):
        boards.get(name)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "board.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="expected a Python file that defines BOARD"):
        boards.get(str(tmp_path / "board.py"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("", "BOARD.name: expected a name that no other board has, got 'ulx3s_85f', a board of "),
        ("name='a b'", "BOARD.name: expected up to 64 letters, digits, .* got 'a b'"),
        ("name='../x'", "BOARD.name: expected up to 64 letters, digits, .* got '../x'"),
        ("name=3", "BOARD.name: expected up to 64 letters, digits, .* got 3"),
        ("family='ecp5'", r"BOARD.family: expected families.get\('ecp5'\) or .* got 'ecp5'"),
        ("family=families.get('ice40')", "BOARD.family: expected .* LFE5U-85F, got iCE40"),
        ("device='LFE5U-45F-6BG381C'", "BOARD.device: .* starts with the platform's, LFE5U-85F"),
        ("oscillator='clk'", r"BOARD.oscillator: expected a clock .* \(clk25\), got clk"),
        ("oscillator_mhz=12", "BOARD.oscillator_mhz: expected 25, .* clk25 has, got 12"),
        ("clock_mhz='75'", "BOARD.clock_mhz: expected a number above 0, got '75'"),
        ("clock_mhz=500", "BOARD.clock_mhz and baud: clock: expected .* got 500 MHz"),
        ("baud=7_000_000", "BOARD.clock_mhz and baud: .* expected one that gives 7000000 baud"),
        ("baud=9600.0", "BOARD.baud: expected a whole number from 300 to 100000000, got 9600.0"),
        ("capacity=(1, 2)", r"BOARD.capacity: expected a Capacity, got \(1, 2\)"),
        (
            "capacity=Capacity(lut=1, ff=1, dsp=-1, bram=1, bram_bits=1)",
            "BOARD.capacity.dsp: expected a whole number of at least 0, got -1",
        ),
        ("pll='mmcm'", "BOARD.pll: expected None or one of ehxplll, .* got 'mmcm'"),
        ("platform=None", "BOARD.platform: expected the class of an Amaranth platform, .* None"),
        ("platform=dict", "BOARD.platform: expected what makes an Amaranth platform, .* {}"),
        ("platform=lambda: 1 / 0", "BOARD.platform: .* got ZeroDivisionError: division by zero"),
        (
            "platform=OrangeCrabR0_2_85FPlatform, oscillator='clk', oscillator_mhz=48",
            "BOARD.platform: expected one with the resource uart 0, .* got one with adc, button",
        ),
        (
            "platform=ArtyA7_35Platform, family=families.get('xc7'), device='xc7a35ticsg324-1L'",
            "BOARD.platform: expected a class that has .*RtlilXilinxPlatform for its first base",
        ),
        (
            "platform=type('P', (ULX3S_85F_Platform,), {'default_clk': None})",
            "BOARD.platform: expected one whose default_clk is the oscillator, clk25, got None",
        ),
    ],
)
def test_what_a_board_lacks_is_named(change, says, tmp_path):
    name = "" if "name=" in change or not change else "name='mine', "
    path = written(tmp_path, REPLACED.format(name + change))
    with pytest.raises(InputError, match=f"^{path}: {says}"):
        boards.get(path)


def test_a_uart_needs_its_lines(tmp_path):
    text = REPLACED + (
        "from amaranth.build import Pins, Resource, Subsignal\n"
        "class Crab(OrangeCrabR0_2_85FPlatform):\n"
        "    resources = [*OrangeCrabR0_2_85FPlatform.resources, Resource('uart', 0, "
        "Subsignal('rx', Pins('N17', dir='o')), Subsignal('tx', Pins('M18', dir='i')))]\n"
        "BOARD = replace(BOARD, platform=Crab, oscillator='clk', oscillator_mhz=48, clock_mhz=72)\n"
    )
    path = written(tmp_path, text.format("name='mine'"))
    with pytest.raises(InputError, match=r"got a uart with rx \(dir o\), tx \(dir i\)"):
        boards.get(path)


BITSY = """\
from amaranth_boards.icebreaker_bitsy import ICEBreakerBitsyPlatform
from amaranth_boards.resources import UARTResource
from build_decoder.boards.board import Board
from build_decoder.boards.capacities import CAPACITIES
from build_decoder.hdl import families
class Platform(ICEBreakerBitsyPlatform):
    resources = [*ICEBreakerBitsyPlatform.resources, UARTResource(0, {})]
BOARD = Board(
    name="bitsy", title="bitsy", family=families.get("ice40"), device="iCE40UP5K-SG48",
    oscillator="clk12", oscillator_mhz=12, clock_mhz=24, capacity=CAPACITIES["iCE40UP5K"],
    baud=1_000_000, platform=Platform, wiring="none",
)
"""


def test_pins_of_a_connector_are_found(tmp_path):
    assert boards.get(written(tmp_path, BITSY.format("rx='0', tx='1', conn=('edge', 0)")))


@pytest.mark.parametrize(
    ("pins", "says"),
    [
        ("rx='0', tx='1', conn=('edgy', 0)", "pins of their own .* connector pin edgy_0:0"),
        ("rx='77', tx='1', conn=('edge', 0)", "pins of their own .* connector pin edge_0:77"),
        ("rx='0', tx='0', conn=('edge', 0)", "pins of their own .* already used by"),
        # Pin 13 of the edge is an LED's too.
        ("rx='13', tx='1', conn=('edge', 0)", "one whose led 0 and led 1, .* already used by"),
    ],
)
def test_pins_that_are_not_there_or_not_free(pins, says, tmp_path):
    path = written(tmp_path, BITSY.format(pins))
    with pytest.raises(InputError, match=f"^{path}: BOARD.platform: expected .*{says}"):
        boards.get(path)


def test_a_bad_file_exits_2_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, "import no_such_module\n")
    assert main(["--board", path, "--network", "tiny"]) == 2
    assert capsys.readouterr().err == (
        f"error: {path}: line 1: expected code that runs, got ModuleNotFoundError: No module named "
        "'no_such_module'\n"
    )
    assert list(tmp_path.iterdir()) == [Path(path)]


def test_the_folder_has_the_boards_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, REPLACED.format("name='mine'"))
    assert main(["--board", path, "--network", "tiny", "--stop-after", "import"]) == 0
    assert (tmp_path / "build" / "mine-tiny" / "report.json").exists()


def install(folder: Path, package: str, points: dict[str, str]) -> None:
    """A package whose entry points are boards, as pip leaves it."""
    info = folder / f"{package}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    lines = [f"[{GROUP}]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join([*lines, ""]))


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the path of modules, with a package of boards."""
    monkeypatch.syspath_prepend(tmp_path)
    written(
        tmp_path, REPLACED.format("name='lab', title='Our lab'")
        + "WRONG = 7\nTAKEN = replace(BOARD, name='ulx3s_85f')\n", "lab_boards.py",
    )
    yield tmp_path
    sys.modules.pop("lab_boards", None)


def test_an_entry_point_is_a_board(site, capsys):
    install(site, "lab", {"lab": "lab_boards:BOARD"})
    assert boards.get("lab").title == "Our lab"
    assert main(["--list-boards"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "lab          Our lab, LFE5U-85F-6BG381C (lab 1.2)" in lines
    assert "ulx3s_85f    ULX3S 85F, LFE5U-85F-6BG381C (build_decoder)" in lines
    with pytest.raises(InputError, match="expected one of icebreaker, lab, picozed_7030, "):
        boards.get("labb")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("lab", "lab_boards:WRONG", "lab 1.2: lab_boards:WRONG: BOARD: expected a .*, got 7"),
        ("lab2", "lab_boards:BOARD", "BOARD.name: expected 'lab2', the entry point's name, got 'l"),
        ("lab", "nowhere:BOARD", "lab 1.2: nowhere:BOARD: .*, got ModuleNotFoundError: No module"),
        ("lab", "lab_boards:BOAT", "lab 1.2: .* got AttributeError: module 'lab_boards' has no"),
    ],
)
def test_an_entry_point_that_cannot_be_used_is_told(name, value, says, site, capsys):
    install(site, "lab", {name: value})
    with pytest.raises(InputError, match=says):
        boards.get(name)
    (board,) = (each for each in listed() if each.name == name)
    assert board.board is None
    assert main(["--list-boards"]) == 0
    assert "unusable: lab 1.2: " in capsys.readouterr().out
    # The others can be used all the same.
    assert boards.get("ulx3s_85f").name == "ulx3s_85f"


def test_a_name_that_two_have_is_neither(site):
    install(site, "lab", {"ulx3s_85f": "lab_boards:TAKEN", "lab": "lab_boards:BOARD"})
    with pytest.raises(InputError, match="one board called 'ulx3s_85f', got one of each of build"):
        boards.get("ulx3s_85f")
    install(site, "other", {"lab": "lab_boards:BOARD"})
    with pytest.raises(InputError, match="got one of each of .*(lab|other) 1.2, (lab|other) 1.2"):
        boards.get("lab")
    path = written(site, REPLACED.format("name='lab'"))
    with pytest.raises(InputError, match="that no other board has, got 'lab', a board of "):
        boards.get(path)
