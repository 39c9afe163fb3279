"""The table of the exploration's hardware, of its smallest network."""

import json

import pytest

from build_decoder.bench import exploration_hardware
from build_decoder.bench.exploration_hardware import NETWORKS, main, title_of


@pytest.fixture
def smallest(monkeypatch):
    monkeypatch.setattr(exploration_hardware, "NETWORKS", NETWORKS[:1])


def test_all_networks_of_the_paper_are_told_apart():
    titles = [title_of(network) for network in NETWORKS]
    assert len(set(titles)) == 22
    assert "2 LSTM 32, attention, dense 16" in titles


def test_a_row_is_planned_once_and_estimated_until_it_is_synthesised(smallest, tmp_path, capsys):
    assert main(["--no-synthesis", "--output", str(tmp_path)]) == 0
    planned, *_, row = capsys.readouterr().out.splitlines()
    assert planned == "3 GRU 2, dense 2: planned ..."
    assert row.startswith("| 3 GRU 2, dense 2 | 447 | 39,610 | 87,640 | 922 | ")
    assert row.count("~") == 4
    (verilog,) = tmp_path.glob("*/decoder.v")
    assert "module decoder" in verilog.read_text()
    assert (tmp_path / "exploration_hardware.png").stat().st_size > 10_000

    found = {"network": "3 GRU 2, dense 2", "lut": 3198, "ff": 2402, "dsp": 38, "bram": 0}
    # A run that was killed left half a line.
    (tmp_path / "synthesised.jsonl").write_text(json.dumps(found) + '\n{"netw')
    assert main(["--no-synthesis", "--output", str(tmp_path)]) == 0
    *_, row = capsys.readouterr().out.splitlines()
    assert row.endswith(" | 3,198 | 2,402 | 38 | 0 |")


def test_a_file_of_something_else_is_refused(smallest, tmp_path, capsys):
    (tmp_path / "planned.jsonl").write_text("rows\n")
    assert main(["--no-synthesis", "--output", str(tmp_path)]) == 2
    assert "expected rows of this command" in capsys.readouterr().err
