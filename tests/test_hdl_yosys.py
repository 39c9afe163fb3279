"""The one way in which Yosys is run."""

import pytest

from build_decoder.hdl.yosys import run_yosys
from build_decoder.models.errors import ToolError, ToolMissing


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Puts a program in the place of Yosys: a shell script that gets ``-q -l LOG ...``."""

    def make(script: str):
        program = tmp_path / "fake_yosys"
        program.write_text(f"#!/bin/sh\n{script}")
        program.chmod(0o755)
        monkeypatch.setenv("YOSYS", str(program))

    return make


def test_a_script_is_run_in_its_folder_and_leaves_its_log(fake, tmp_path):
    fake('echo "$0 $*" > "$3"; pwd >> "$3"')
    log = run_yosys(["read_rtlil a.il", "write_verilog a.v"], tmp_path, log="a.log")
    assert log == tmp_path / "a.log"
    said = log.read_text().splitlines()
    assert said[0].endswith("fake_yosys -q -l a.log -p read_rtlil a.il; write_verilog a.v")
    assert said[1] == str(tmp_path)
    assert run_yosys("top.ys", tmp_path).read_text().startswith(f"{said[0].split()[0]} -q -l yosys")


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ('echo "ERROR: first\nERROR: last\nbye" > "$3"', "ERROR: last"),
        ('echo "1. Reading errors.v" > "$3"; echo "ERROR: it printed" >&2', "ERROR: it printed"),
        ('echo "some wasm error\nbye"', "some wasm error"),
        ('echo "1. Reading\n2. Mapping" > "$3"', "2. Mapping"),
        ('echo "No space left on device\nERROR: cannot write" > "$3"', "No space left on device"),
        ("true", "it said nothing"),
    ],
)
def test_the_line_that_tells_most_is_quoted(script, line, fake, tmp_path):
    fake(f"{script}\nexit 3")
    with pytest.raises(ToolError) as error:
        run_yosys("top.ys", tmp_path)
    log = tmp_path / "yosys.log"
    assert str(error.value) == f"yosys ended with status 3 ({log}): {line}"
    # What it printed is kept too.
    assert line in log.read_text() or line == "it said nothing"


def test_a_log_of_an_earlier_run_is_not_quoted(fake, tmp_path):
    (tmp_path / "yosys.log").write_text("ERROR: of yesterday")
    fake("exit 1")
    with pytest.raises(ToolError, match="it said nothing"):
        run_yosys("top.ys", tmp_path)


def test_a_program_that_cannot_be_started(fake, tmp_path):
    fake("")
    (tmp_path / "fake_yosys").write_text("#!/nowhere/interpreter\n")
    with pytest.raises(ToolError, match=r"^yosys cannot be started: .*fake_yosys: No such file"):
        run_yosys("top.ys", tmp_path)


def test_a_yosys_that_is_named_and_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("YOSYS", "/nowhere/yosys")
    with pytest.raises(ToolMissing, match="no program '/nowhere/yosys'"):
        run_yosys("top.ys", tmp_path)
