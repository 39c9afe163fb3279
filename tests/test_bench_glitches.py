"""Toggles with delays beside those without: what is printed, and what is refused."""

import shutil

import pytest

from build_decoder.bench import glitches
from build_decoder.models.errors import ToolError, ToolMissing
from build_decoder.sim.icarus_toggles import run_icarus


@pytest.mark.slow
def test_a_network(capsys):
    if shutil.which("iverilog") is None:
        pytest.skip("expected Icarus, got no iverilog on PATH")
    assert glitches.main(["tiny", "--frames", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["no", "delays", "0.5", "ns", "random", "random"]
    found = {line.split()[0]: line.split() for line in lines[2:]}
    # Registers change at edges of the clock alone.
    assert found["FDRE"][3::3] == ["1.00"] * 4
    total = [float(count) for count in found["all"][1::3]]
    assert total[0] == pytest.approx(
        sum(float(row[1]) for kind, row in found.items() if kind != "all"), abs=0.5
    )
    assert min(total[1:]) > total[0]


def test_a_delay_that_no_module_takes_is_an_error(tmp_path):
    """Of which Icarus only warns: nothing would be late."""
    if shutil.which("iverilog") is None:
        pytest.skip("expected Icarus, got no iverilog on PATH")
    (tmp_path / "bench.v").write_text(
        "module a; endmodule\nmodule bench; a x(); defparam x.DELAY = 1; endmodule\n"
    )
    with pytest.raises(ToolError, match="parameter DELAY not found"):
        run_icarus([tmp_path / "bench.v"], tmp_path)


def test_without_icarus(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(ToolMissing, match="icarus: no iverilog on PATH"):
        run_icarus([], tmp_path)
