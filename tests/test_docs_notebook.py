"""The notebook runs from start to end; its cells that are tagged slow run in `make regress`."""

import json
from pathlib import Path

import pytest

from build_decoder.models.errors import ToolError
from build_decoder.sim.simulators import find_simulator

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "notebooks" / "from_spikes_to_a_bitstream.ipynb"


def run(folder: Path, monkeypatch, *, slow: bool) -> dict:
    """Run code cells in order in one namespace, as a kernel does, in ``folder``."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # of commands that it runs
    names = {"__name__": "__main__"}
    cells = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"]
             if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in cells)
    for number, cell in enumerate(cells, start=1):
        if slow or "slow" not in cell["metadata"].get("tags", ()):
            code = compile("".join(cell["source"]), f"{NOTEBOOK.name}, cell {number}", "exec")
            exec(code, names)
    return names


def test_it_runs(tmp_path, monkeypatch):
    names = run(tmp_path, monkeypatch, slow=False)
    assert names["accuracy"] > 0.6
    assert names["same"] > 0.98
    assert (tmp_path / "build" / "spikes" / "rtl" / "decoder.v").exists()


@pytest.mark.slow
def test_it_runs_to_the_bitstream(tmp_path, monkeypatch):
    try:
        find_simulator("verilator")
    except ToolError as error:
        pytest.skip(str(error))
    report = run(tmp_path, monkeypatch, slow=True)["report"]
    assert report["mismatches"] == 0
    assert (tmp_path / "build" / "spikes" / report["bitstream"]).exists()
