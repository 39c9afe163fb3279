"""Exit status 3 says whether a tool is missing or failed."""

import pytest

import build_decoder.flow
from build_decoder.__main__ import main
from build_decoder.hdl.yosys import require_yosys
from build_decoder.models.errors import ToolError, ToolMissing
from build_decoder.sim.simulators import find_simulator


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ToolMissing("no simulator"), "tool missing"),
        (ToolError("it broke off"), "tool failed"),
    ],
)
def test_reason_of_status_3(error, reason, tmp_path, capsys, monkeypatch):
    def fails(*_):
        raise error

    monkeypatch.setattr(build_decoder.flow, "write_rtl", fails)
    assert main(["--network", "tiny", "--output", str(tmp_path / "out")]) == 3
    assert capsys.readouterr().err == f"{reason}: {error}\n"
    assert (tmp_path / "out" / "formats.json").exists()


def test_what_is_not_here_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("YOSYS", "/nonexistent")
    with pytest.raises(ToolMissing, match="no program '/nonexistent'"):
        require_yosys()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="no Verilog simulator"):
        find_simulator()
