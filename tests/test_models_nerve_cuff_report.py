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
from build_decoder.models.nerve_cuff.report import figures  # noqa: E402
from build_decoder.models.nerve_cuff.report.__main__ import main  # noqa: E402
from build_decoder.models.nerve_cuff.report.front import front  # noqa: E402
from build_decoder.models.nerve_cuff.report.selection import (  # noqa: E402
    common_summaries,
    complete_summaries,
    groups,
    is_baseline,
)
from build_decoder.models.nerve_cuff.report.tables import (  # noqa: E402
    data_table,
    front_table,
    picks_table,
    table_1,
    table_2,
)
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


def baseline_rows(name: str, score: float, weights: int) -> list[dict]:
    """Rows of a baseline on what `made_rows` are of."""
    return [
        made_row(EscapeNet(2, 2), score, subject=subject, fold=fold)
        | {"key": f"{name}{subject}{fold}", "network": {"family": "Baseline", "name": name}}
        | {"schedule": None, "flops": None, "tflite_bytes": None, "tflite_float_bytes": None}
        | {"weights": weights, "macs": weights, "tflite_macro_f1": score}
        for subject in (1, 2)
        for fold in (0, 1)
    ]


def all_rows() -> list[dict]:
    return [
        *made_rows(),
        *baseline_rows("logistic_regression", 0.6, 1_000),
        *baseline_rows("svm_rbf", 0.65, 2_000_000),
        *baseline_rows("majority_class", 0.17, 0),
    ]


def points(axes) -> set[tuple[float, float]]:
    """What is drawn at one place each."""
    return {
        (float(line.get_xdata()[0]), round(float(line.get_ydata()[0]), 6))
        for line in axes.lines
        if len(line.get_xdata()) == 1
    }


def test_baselines_are_in_every_table_and_figure():
    (group,) = groups(all_rows())
    for table in (table_1(group), table_2(group)):
        rows = {row[0]: dict(zip(table.head, row, strict=True)) for row in table.rows}
        assert rows["logistic regression"]["weights"] == "1,000"
        assert rows["svm rbf"]["MACs"] == "2,000,000"
        assert rows["majority class"]["weights"] == "0"
    common = common_summaries(group.rows)
    paper = [one for one in common if one.title in [each.title for each in TABLE_1.values()]]
    assert {one.title for one in common} > {"logistic regression", "svm rbf", "majority class"}
    rule = picks_table([], {}, [one for one in common if is_baseline(one.network)], 0.7)
    assert [row[2] for row in rule.rows] == ["logistic regression", "svm rbf", "majority class"]
    assert "logistic regression" in [row[0] for row in front_table(common).rows]
    third, fourth = (draw(common, [], 0.7) for draw in (figures.figure_3, figures.figure_4))
    fifth, sixth = figures.figure_5(common), figures.figure_6(common, 0.7)
    last = figures.front_figure(common, paper)
    try:
        for figure in (third, fifth, last):
            assert {(1_000, 0.6), (2_000_000, 0.65)} <= points(figure.axes[0])
        assert (2_000, 0.6) in points(fourth.axes[0])  # two FLOPs for each MAC
        assert (1_000, 0.6) in points(sixth.axes[0])
        for figure in (third, fourth, fifth, sixth, last):
            for axes in figure.axes:  # a line, as it has no weights
                assert 0.17 in [line.get_ydata()[0] for line in axes.lines]
                assert axes.get_ylim()[0] == 0
        stars = {(paper.weights, paper.macro_f1[0]) for paper in TABLE_1.values()}
        assert stars <= points(fifth.axes[0])
    finally:
        for figure in (third, fourth, fifth, sixth, last):
            figures.close(figure)


def test_a_network_that_learnt_nothing_is_drawn_where_it_is():
    (one,) = summarise([made_row(EscapeNet(2, 2), 0.2)])
    figure = figures.figure_3([one], [], 0.7)
    assert (one.rows[0]["weights"], 0.2) in points(figure.axes[0])
    figures.close(figure)


def test_data_and_the_paper_s_digits_are_told():
    (group,) = groups(made_rows())
    assert [row[:2] for row in data_table(group).rows] == [
        (f"subject{number}", f"{0:016x}…") for number in (1, 2)
    ]
    told = [row for row in table_1(group).rows if "paper" in row[0]]
    assert [row[2] for row in told] == ["0.75 ± 0.11", "0.70 ± 0.13", "0.71 ± 0.12", "0.71 ± 0.12"]
    assert told[3][1] == "0.7841 ± 0.1001"
    assert [row[4] for row in told] == ["22,585", "22.69", "27.32", "58.11"]


def write(path: Path, rows: list[dict]) -> Path:
    path.write_bytes(b"".join(map(row_line, rows)))
    return path


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@pytest.mark.slow
def test_the_same_results_give_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture):
    results = write(tmp_path / "r.jsonl", all_rows())
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
    assert page.count("<table>") == 5
    assert "src=" not in page  # it needs no other file
    assert hashlib.sha256(results.read_bytes()).hexdigest() in page
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
