"""What is around a decoder, as ``--shell`` asks for it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import build_decoder.flow
from build_decoder import boards
from build_decoder.__main__ import main
from build_decoder.arguments import parse
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.ip_core.component import NAMESPACE
from build_decoder.boards.pynq.steps import Golden
from build_decoder.boards.shells import SHELLS, shell_of
from build_decoder.hdl.yosys import find_yosys
from build_decoder.models.errors import InputError
from build_decoder.stages.result import StageResult

needs_yosys = pytest.mark.skipif(find_yosys() is None, reason="no Yosys on this machine")


def test_each_board_has_its_shells():
    for name in boards.board_names():
        board = boards.get(name)
        first = "axi" if name == "pynq_z1" else "uart"
        assert shell_of(board).name == board.shells[0] == first
        assert {*board.shells} <= {*SHELLS}


@pytest.mark.parametrize(("shells", "got"), [((), "none"), (("uart", "spi"), "spi")])
def test_a_board_of_shells_that_there_are_not(shells, got):
    board = replace(boards.get("ulx3s_85f"), shells=shells)
    expected = f"board ulx3s_85f: shells: expected some of axi, axi_lite, uart, got {got}"
    with pytest.raises(InputError, match=f"^{expected}$"):
        shell_of(board)


@pytest.mark.parametrize("board", ["ulx3s_85f", "icebreaker", "picozed_7030"])
def test_a_shell_that_a_board_does_not_have(board, tmp_path, capsys):
    output = tmp_path / "out"
    assert main(["--board", board, "--shell", "axi", "--output", str(output)]) == 2
    said = capsys.readouterr().err
    expected = f"expected one that {board} has, which are uart, axi_lite, got axi"
    assert said == f"error: --shell: {expected}\n"
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [([], "pynq_z1-tiny"), (["--shell", "axi"], "pynq_z1-tiny"),
     (["--shell", "uart"], "pynq_z1-tiny-uart"),
     (["--shell", "axi_lite"], "pynq_z1-tiny-axi_lite")],
)  # fmt: skip
def test_folders_do_not_mix_shells(arguments, folder):
    asked = parse(["--board", "pynq_z1", "--network", "tiny", *arguments])
    assert asked.output == Path("build") / folder


def test_clocks_are_those_that_a_shell_makes():
    board = boards.get("pynq_z1")
    assert SHELLS["uart"].made_clock_mhz(board, 110) == pytest.approx(110)
    assert SHELLS["axi"].made_clock_mhz(board, 110.5) == pytest.approx(1000 / 9)
    assert SHELLS["axi_lite"].made_clock_mhz(board, 110.5) == 110.5
    with pytest.raises(InputError, match="FCLK0 makes"):
        SHELLS["axi"].made_clock_mhz(board, 155)


def test_frames_that_a_shell_does_not_take():
    SHELLS["uart"].check_frame("n", "input", 65_535)
    for name in ("axi", "axi_lite"):
        SHELLS[name].check_frame("n", "input", 65_535)
        with pytest.raises(InputError, match="n: expected at most 65535 outputs a frame"):
            SHELLS[name].check_frame("n", "output", 65_536)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Builds of ``tiny`` for PYNQ-Z1 with the shell called by its name, and their reports."""
    if find_yosys() is None:
        pytest.skip("no Yosys on this machine")
    made = {}

    def built(shell: str, *more: str) -> tuple[Path, dict]:
        if shell not in made:
            output = tmp_path_factory.mktemp(shell) / "build"
            arguments = ["--network", "tiny", "--board", "pynq_z1", "--shell", shell, *more]
            with pytest.MonkeyPatch.context() as patch:
                # That its Verilog is right is shown elsewhere; it only takes time here.
                patch.setattr(build_decoder.flow, "simulate", lambda *_, **__: StageResult())
                status = main([*arguments, "--output", str(output)])
            report = json.loads((output / "report.json").read_text())
            made[shell] = output, report, status
        return made[shell]

    return built


def test_axi_makes_what_a_pynq_board_needs(build):
    output, report, status = build("axi", "--stop-after", "synthesise")
    assert status == 0
    assert (report["shell"], report["clock_mhz"]) == ("axi", 100)
    assert report["resources"]["lut"] > 500
    board = output / "board"
    known = DriverFile.load(output)
    assert (known.shell, known.baud) == ("axi", None)
    assert known.registers.dma
    assert DriverFile.load(board / "pynq") == known
    readme = (board / "README.txt").read_text()
    assert not re.search(r"\b(uart|baud|serial|LED)\b", readme, re.IGNORECASE)
    assert "scp -r pynq" in readme
    # Golden frames are those of the build.
    golden = Golden.load(board / "pynq")
    expected = Golden._read(output / "expected.npz")
    assert (golden.x_raw == expected.x_raw[:64]).all()
    assert (golden.y_raw == expected.y_raw[:64]).all()
    for chain in ("vivado", "nextpnr_xilinx", "nextpnr_himbaechel"):
        script = (board / f"build_{chain}.sh").read_text()
        assert script.endswith("\ncp top.bit pynq/decoder.bit\n")
    assert "module top();" in (board / "top.v").read_text()


@pytest.mark.slow
def test_a_uart_stays(build):
    output, report, status = build("uart", "--stop-after", "synthesise")
    assert (status, report["shell"]) == (0, "uart")
    known = DriverFile.load(output)
    assert (known.shell, known.baud, known.registers) == ("uart", 1_000_000, None)
    assert "host link 1000000 baud" in (output / "board" / "README.txt").read_text()
    assert not (output / "board" / "pynq").exists()
    assert "pynq" not in (output / "board" / "build_vivado.sh").read_text()


@pytest.mark.slow
def test_axi_lite_ends_without_a_bitstream(build):
    output, report, status = build("axi_lite", "--clock", "123")
    assert (status, report["shell"], report["clock_mhz"]) == (0, "axi_lite", 123)
    assert report["bitstream"] is None
    assert "bitstream" not in report["stage_seconds"]
    assert 200 < report["resources"]["lut"] < 700
    known = DriverFile.load(output)
    assert (known.shell, known.registers.dma) == ("axi_lite", False)
    verilog = (output / "board" / "neural_decoder.v").read_text()
    assert "DSP48E1" in verilog
    readme = (output / "board" / "README.txt").read_text()
    assert "a clock of 123 MHz" in readme
    for register in known.registers.registers:
        assert f"0x{register.offset:04X} {register.name} " in readme


def texts(element, path: str) -> list[str]:
    return [each.text for each in element.iterfind(path, {"s": NAMESPACE})]


# In the order of IEEE 1685-2009.
CHILDREN = {
    "component": "vendor library name version busInterfaces memoryMaps model fileSets description",
    "busInterface": "name busType abstractionType slave portMaps parameters",
    "memoryMap": "name addressBlock",
    "addressBlock": "name baseAddress range width usage access register",
    "register": "name description dim addressOffset size access reset field",
    "field": "name description bitOffset bitWidth access",
    "model": "views ports",
    "view": "name envIdentifier language modelName fileSetRef",
    "port": "name wire",
    "wire": "direction vector",
    "fileSet": "name file",
    "file": "name fileType",
}


def test_component_xml_is_whole(build):
    output, _, _ = build("axi_lite", "--clock", "123")
    root = ElementTree.parse(output / "board" / "component.xml").getroot()
    qualified = f"{{{NAMESPACE}}}"
    for element in root.iter():
        tag = element.tag.removeprefix(qualified)
        children = [child.tag.removeprefix(qualified) for child in element]
        if tag in CHILDREN:
            order = CHILDREN[tag].split()
            assert sorted(children, key=order.index) == children, tag
    assert ":".join(
        texts(root, f"s:{tag}")[0] for tag in ("vendor", "library", "name", "version")
    ) == "build_decoder.org:ip:neural_decoder:1.0"

    # Whatever is named is there, and is that of the Verilog.
    ports = texts(root, "s:model/s:ports/s:port/s:name")
    mapped = texts(root, ".//s:physicalPort/s:name")
    assert sorted(ports) == sorted(mapped)
    verilog = (output / "board" / "neural_decoder.v").read_text()
    header = re.search(r"^module neural_decoder\((.*?)\);", verilog, re.MULTILINE | re.DOTALL)
    assert {name.strip() for name in header[1].split(",")} == {*ports}
    for port in root.iterfind("s:model/s:ports/s:port", {"s": NAMESPACE}):
        (name,), (direction,) = texts(port, "s:name"), texts(port, "s:wire/s:direction")
        left = texts(port, "s:wire/s:vector/s:left")
        width = rf" \[{left[0]}:0\]" if left else ""
        assert re.search(rf"^\s*{direction}put{width} {name};", verilog, re.MULTILINE), name
    logical = texts(root, "s:busInterfaces/s:busInterface[1]//s:logicalPort/s:name")
    assert {"AWADDR", "WDATA", "BRESP", "ARADDR", "RDATA"} <= {*logical}
    assert len(logical) == 19
    (reference,) = root.iterfind(".//s:memoryMapRef", {"s": NAMESPACE})
    assert reference.get(f"{qualified}memoryMapRef") in texts(root, ".//s:memoryMap/s:name")
    assert {*texts(root, ".//s:fileSetRef/s:localName")} == {*texts(root, ".//s:fileSet/s:name")}
    for file in texts(root, ".//s:file/s:name"):
        assert (output / "board" / file).exists()
    parameters = dict(zip(texts(root, ".//s:parameter/s:name"),
                          texts(root, ".//s:parameter/s:value"), strict=True))  # fmt: skip
    assert parameters == {
        "PROTOCOL": "AXI4LITE", "ASSOCIATED_BUSIF": "s_axi", "ASSOCIATED_RESET": "aresetn",
        "POLARITY": "ACTIVE_LOW",
    }  # fmt: skip

    registers = DriverFile.load(output).registers
    names = texts(root, ".//s:register/s:name")
    windows = [f"{window.name}_WINDOW" for window in registers.windows]
    assert names == [*(each.name for each in registers.registers), *windows]
    offsets = [int(text, 16) for text in texts(root, ".//s:register/s:addressOffset")]
    assert offsets == [each.offset for each in (*registers.registers, *registers.windows)]
    assert texts(root, ".//s:dim") == [str(window.words) for window in registers.windows]
