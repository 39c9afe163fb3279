import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("joblib", reason="pip install build_decoder[train]")
pytest.importorskip("scipy", reason="pip install build_decoder[train]")
pytest.importorskip("sklearn", reason="pip install build_decoder[train]")

from build_decoder.models.nerve_cuff import TABLE_1, EscapeNet, EscapeRnn  # noqa: E402
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK  # noqa: E402
from build_decoder.models.nerve_cuff.report.__main__ import main  # noqa: E402
from build_decoder.models.nerve_cuff.report.front import front  # noqa: E402
from build_decoder.models.nerve_cuff.report.selection import (  # noqa: E402
    common_summaries,
    complete_summaries,
    groups,
)
from build_decoder.models.nerve_cuff.report.tables import table_1, table_2  # noqa: E402
from build_decoder.models.nerve_cuff.training.results import row_line  # noqa: E402
from build_decoder.models.nerve_cuff.training.summary import summarise  # noqa: E402
from tests.nerve_data import made_row  # noqa: E402

ROOT = Path(__file__).parents[1]


def made_rows() -> list[dict]:
    rows = []
    networks = [paper.network for paper in TABLE_1.values()]
    networks += [EscapeNet(2, 2), EscapeRnn(2, 2), OWN_NETWORK]
    for index, network in enumerate(networks):
        for subject in (1, 2):
            for fold in (0, 1):
                score = 0.75 - 0.02 * index + 0.05 * subject - 0.01 * fold
                rows.append(made_row(network, score, subject=subject, fold=fold))
    return rows


def write(path: Path, rows: list[dict]) -> Path:
    path.write_bytes(b"".join(map(row_line, rows)))
    return path


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


def test_the_same_results_give_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture):
    results = write(tmp_path / "r.jsonl", made_rows())
    assert main([str(results)]) == 0
    program = [sys.executable, "-m", "build_decoder.models.nerve_cuff.report", str(results)]
    subprocess.run(
        [*program, "--output", str(tmp_path / "again")], cwd=ROOT, check=True, capture_output=True
    )
    one, two = digests(tmp_path / "report"), digests(tmp_path / "again")
    assert one == two
    figures = ("figure3", "figure4", "figure5", "figure6", "front")
    assert set(one) == {"report.html"} | {
        f"{name}.{suffix}" for name in figures for suffix in ("png", "svg")
    }
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.count("<svg") == 5
    assert page.count("<table>") == 4
    assert "src=" not in page  # it needs no other file
    out = capsys.readouterr().out
    assert "in the paper" in out
    assert "0.75 ± 0.11" in out


def test_tables():
    (group,) = groups(made_rows())
    first = {row[0]: row for row in table_1(group).rows}
    assert first["ESCAPE-NET Mini"][1:4] == ("0.800 ± 0.029", "0.800 ± 0.029", "12,931")
    assert first["ESCAPE-NET Mini"][-1] == "4"
    second = {row[0]: row for row in table_2(group).rows}
    assert second["ESCAPE-RNN"][-2:] == ("0.0010", "0.0010")


def test_only_what_all_have_is_compared():
    rows = [
        made_row(EscapeNet(2, 2), 0.5, fold=0),
        made_row(EscapeNet(2, 2), 0.9, fold=1),
        made_row(EscapeNet(4, 4), 0.6, fold=1),
    ]
    assert [one.mean("macro_f1") for one in common_summaries(rows)] == [0.9, 0.6]
    assert [one.mean("macro_f1") for one in complete_summaries(rows)] == [0.7]
    apart = [rows[0], rows[2]]
    assert common_summaries(apart) == complete_summaries(apart) == []


def test_groups():
    rows = made_rows()
    other = [{**row, "folds": 1, "subject": "grid", "key": f"g{row['key']}"} for row in rows[:2]]
    more = [{**rows[0], "samples": 7, "key": "m"}]
    found = groups([*more, *other, *rows])
    assert [(group.subject, len(group.rows)) for group in found] == [
        ("", 28), ("", 1), ("grid", 2)
    ]


def simulated(row: dict, how: str) -> dict:
    return row | {"subject": f"subject1_{how}_01234567", "key": f"{how}{row['key']}"}


def test_other_recordings_are_another_group():
    rows = [simulated(row, how) for how in ("24s_15dB", "72s_14dB") for row in made_rows()]
    one, two = groups(rows)
    assert len(one.rows) == len(two.rows) == len(rows) // 2
    assert one.setting.startswith("Simulated recordings of 24 s, 15 dB; 100 signatures a class")
    grids = [row | {"folds": 1, "subject": "grid"} for row in rows]
    assert len(groups([*grids, *({**row, "digest": "0", "key": "g"} for row in grids[:1])])) == 3


def test_of_several_schedules_the_one_with_most_rows_counts():
    network = EscapeNet(2, 2)
    first = [made_row(network, 0.5, fold=fold) for fold in (0, 1)]
    other = {**first[0]["schedule"], "batch": 7}
    second = [
        row | {"schedule": other, "key": f"s{row['key']}", "macro_f1": 0.9} for row in first
    ]

    def scores(rows: list[dict]) -> list[float]:
        (group,) = groups(rows)
        return [row["macro_f1"] for row in group.rows]

    assert scores([*first, second[1]]) == [0.5, 0.5]
    assert scores([*first, *second]) == [0.9, 0.9]
    assert scores([*second, *first]) == [0.5, 0.5]


def test_without_a_training_in_common(tmp_path: Path, capsys: pytest.CaptureFixture):
    rows = [made_row(EscapeNet(2, 2), 0.5, fold=0), made_row(EscapeNet(4, 4), 0.6, fold=1)]
    assert main([str(write(tmp_path / "r.jsonl", rows))]) == 0
    assert "no training in common: no figures" in capsys.readouterr().out
    assert [item.name for item in (tmp_path / "report").iterdir()] == ["report.html"]


def test_front():
    def made(filters: int, score: float):
        (one,) = summarise([made_row(EscapeNet(filters, 2), score)])
        return one

    best, worse, small = made(8, 0.9), made(16, 0.8), made(2, 0.7)
    assert front([best, worse, small], ("weights", "macs")) == [small, best]
    assert front([best], ("weights",)) == [best]


def test_bad_results(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main([str(tmp_path / "absent.jsonl")]) == 2
    error = capsys.readouterr().err
    assert "absent.jsonl: expected a results file" in error
    assert error.count("\n") == 1
    baselines = write(tmp_path / "b.jsonl", [made_row(EscapeNet(2, 2), 0.5) | {
        "network": {"family": "Baseline", "name": "majority_class"}, "schedule": None
    }])
    assert main([str(baselines)]) == 2
    assert "expected rows of networks, got baselines" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()
