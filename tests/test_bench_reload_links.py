"""Images of other sessions' networks over a board's links, of the shipped networks."""

import numpy as np
import pytest

from build_decoder.bench import reload_links
from build_decoder.bench.reload_links import main
from build_decoder.bench.sessions import SEEDS
from build_decoder.sim.errors import CheckFailed


@pytest.mark.slow
@pytest.mark.parametrize("network", SEEDS)
def test_images_of_two_sessions_over_both_links(network, tmp_path, capsys):
    seeds = [str(seed) for seed in SEEDS[network][:2]]
    arguments = ["--days", str(tmp_path), "--network", network, "--epochs", "8",
                 "--baud", "25000000", "--seeds", *seeds]
    assert main(arguments) == 0
    _, _, *rows = capsys.readouterr().out.splitlines()
    found = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[:3] for row in found] == [[link, network, "2"] for link in ("uart", "axi")]
    for _, _, _, frames, meanwhile, mixed, mismatches, *_ in found:
        assert 10 <= int(meanwhile) < int(frames)
        assert (mixed, mismatches) == ("0", "0")


@pytest.fixture
def _small(monkeypatch):
    """Nothing is trained, searched or simulated."""
    loads = reload_links.Loads(np.zeros((2, 9), np.uint32), np.zeros((3, 4)), np.zeros((3, 3, 1)))
    for name, value in {
        "trained": None, "case_of": (None, None), "design": None, "loads_of": loads
    }.items():
        monkeypatch.setattr(reload_links, name, lambda *_, value=value, **__: value)
    monkeypatch.setattr(
        reload_links, "search", lambda *_, **__: type("Found", (), {"model": None})
    )


def links(monkeypatch, **found):
    counts = {"frames": 9, "meanwhile": 5, "mixed": 0, "mismatches": 0,
              "cycles_a_load": [100_000, 120_000], **found}
    monkeypatch.setitem(reload_links.LINKS, "uart", lambda *_, **__: counts)


@pytest.mark.usefixtures("_small")
def test_a_row_tells_the_longest_load(monkeypatch, capsys):
    links(monkeypatch)
    assert main(["--days", "days", "--network", "ahead_case1", "--link", "uart"]) == 0
    *_, row = capsys.readouterr().out.splitlines()
    assert row.startswith("| uart | ahead_case1 | 2 | 9 | 5 | 0 | 0 | 120,000 | 1.2 | ")


@pytest.mark.usefixtures("_small")
def test_a_frame_that_is_wrong_is_status_1(monkeypatch, capsys):
    links(monkeypatch, mismatches=1)
    assert main(["--days", "days", "--network", "ahead_case1", "--link", "uart"]) == 1
    assert "| 1 |" in capsys.readouterr().out


def test_faults_of_a_link_are_told():
    with pytest.raises(CheckFailed, match="expected no faults of the link, got {'rejected': 2}"):
        reload_links._checked({"rejected": 2, "broken": 0}, "rejected", "broken")


def test_frames_come_again_where_there_are_few():
    loads = reload_links.Loads(
        np.zeros((1, 9), np.uint32), np.arange(3)[:, None], np.arange(6).reshape(2, 3, 1)
    )
    arrays = loads.first(5)
    assert arrays["x_raw"][:, 0].tolist() == [0, 1, 2, 0, 1]
    assert arrays["expected"][:, :, 0].tolist() == [[0, 1, 2, 0, 1], [3, 4, 5, 3, 4]]
