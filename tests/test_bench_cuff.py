import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("joblib", reason="pip install build_decoder[train]")
pytest.importorskip("scipy", reason="pip install build_decoder[train]")
pytest.importorskip("sklearn", reason="pip install build_decoder[train]")

from build_decoder.__main__ import main as build_decoder  # noqa: E402
from build_decoder.bench import cuff_builds, cuff_detection  # noqa: E402
from build_decoder.bench.cuff_classifiers import STEPS, tables  # noqa: E402
from build_decoder.models.nerve_cuff import NerveCuff  # noqa: E402
from build_decoder.models.nerve_cuff.recordings import (  # noqa: E402
    CausalDetector,
    Detector,
    Recording,
    cuff_model,
)
from build_decoder.models.nerve_cuff.table1 import TABLE_1  # noqa: E402
from build_decoder.models.nerve_cuff.training.baselines import BASELINES  # noqa: E402
from build_decoder.models.nerve_cuff.training.cells import describe  # noqa: E402
from tests.nerve_data import made_row  # noqa: E402


def rows(network, scores: list[float]) -> list[dict]:
    """Two folds each of two animals."""
    return [
        made_row(network, score, fold=index % 2)
        | {
            "subject": f"animal{index // 2}_72s_owndB_jitter4_01234567",
            "digest": str(index // 2),
            "key": f"{network}{index}",
        }
        for index, score in enumerate(scores)
    ]


def test_tables_of_classifiers():
    network = TABLE_1["escape_net_mini"].network
    mini = rows(network, [0.6, 0.65, 0.7, 0.9])
    linear = [
        row | {"network": describe(BASELINES[0]), "key": f"linear{row['key']}"}
        for row in rows(network, [0.5, 0.6, 0.7, 0.8])
    ]
    lines = list(tables([*linear, *mini]))
    assert "jitter 4" in lines[0]
    assert lines[3].startswith("| logistic regression | ")
    cells = [cell.strip() for cell in lines[4].strip("|").split("|")]
    assert cells[0] == "ESCAPE-NET Mini"
    # Over animals: 0.625 and 0.8, not over the four trainings.
    assert cells[2] == f"0.713 ± {np.std([0.625, 0.8], ddof=1):.3f}"
    assert cells[4].startswith("+0.062 ± ")
    assert cells[4].endswith("3 of 4")
    assert cells[-3:] == ["12,931", "3,643,408", "4"]


def test_every_training_is_in_one_step():
    trained = [(name, step.fold, step.data) for step in STEPS for name in step.networks]
    assert len(trained) == len(set(trained))
    assert ("escape_fcn", 2, "--jitter 6") in trained
    assert ("escape_net_mini", 1, "--causal") in trained


def recording(times: list[float], *, snr_db: float = 20.0) -> Recording:
    return Recording(
        np.zeros((30_000, 21), np.int16), 1.0, 30_000.0, NerveCuff(7, 3),
        np.array([[0.0, 1.0]]), np.array([0]), np.array(times),
        np.zeros(len(times), np.int64), np.full(len(times), snr_db),
    )


class Found(Detector):
    """Finds peaks at given times."""

    def peaks(self, recording: Recording) -> np.ndarray:
        return np.array([3_000, 3_012, 6_012, 9_000], np.int64)


def test_counts_of_detection():
    one = recording([0.1, 0.1007, 0.2, 0.4])
    counts = cuff_detection.counts_of(one, Found())
    assert sum(planted for planted, _ in counts["levels"]) == 4
    assert counts["levels"][4] == [4, 1]
    # 0.7 ms from one another, and far from all.
    assert counts["gaps"] == [[0, 0], [2, 1], [0, 0], [0, 0], [2, 0]]
    # That at 0.1007 s has a peak 0.3 ms off, that at 0.2 s one 0.4 ms off, that at 0.4 s none.
    assert counts["lost"] == [2, 0, 1]
    assert counts["false"] == [2, 0, 1]
    assert counts["peaks"] == 4
    quiet = cuff_detection.counts_of(replace(one, event_snr_db=np.full(4, 5.0)), Found())
    assert quiet["levels"][0] == [4, 1]
    assert quiet["lost"] == [0, 0, 0]


def test_detection_is_resumed(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(cuff_detection, "RESULTS", tmp_path / "detection.json")
    assert cuff_detection.main(["--table"]) == 2
    assert "expected at least one row" in capsys.readouterr().err
    monkeypatch.setattr(cuff_detection, "SECONDS", 1.0)
    monkeypatch.setattr(cuff_detection, "ANIMALS", (1,))
    monkeypatch.setattr(cuff_detection, "ASYNCHRONY_MS", (0.2, 0.03))
    monkeypatch.setattr(cuff_detection, "cuff_model", lambda name, animal: replace(
        cuff_model(name, animal), cuff=NerveCuff(3, 2)
    ))
    assert cuff_detection.main([]) == 0
    first = capsys.readouterr()
    assert first.out.count("\n| ") >= 20
    assert "0.03 ms, animal 1, seed 2" in first.err
    assert cuff_detection.main([]) == 0
    again = capsys.readouterr()
    assert again.out == first.out
    assert not again.err
    assert CausalDetector.gain == "causal"


def test_builds_are_judged_by_what_the_search_was_not_given(tmp_path, capsys):
    folder = tmp_path / "built"
    build = ["--network", "tiny", "--search", "ahead", "--stop-after", "quantise"]
    assert build_decoder([*build, "--output", str(folder)]) == 0
    capsys.readouterr()
    status = cuff_builds.main([str(folder)])
    cells = capsys.readouterr().out.splitlines()[-1].split(" | ")
    report = json.loads((folder / "report.json").read_text())
    held_out = report["quality"]["held_out"]
    assert cells[0] == "| built"
    assert cells[3] == f"{held_out['agreement']:.2%}"
    # Two classes, about as many of each: F1 is near the accuracy.
    for cell, name in zip(cells[1:3], ("float_accuracy", "accuracy"), strict=True):
        assert abs(float(cell) - held_out[name]) < 0.01
    assert status == (float(cells[1]) - float(cells[2]) > 0.005)
