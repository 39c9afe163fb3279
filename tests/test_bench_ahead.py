"""The command that sets this project beside AHEAD's tables, on the smallest network of the zoo."""

from dataclasses import replace

import pytest

from build_decoder import boards
from build_decoder.bench import ahead, ahead_cases
from build_decoder.bench.ahead_cases import CASES, Limits
from build_decoder.bench.resources import main as bench_resources
from build_decoder.bench.resources import measure
from build_decoder.hdl.export import to_verilog
from build_decoder.models.errors import ToolError
from build_decoder.options import DesignOptions

GENEROUS = Limits(
    frame_cycles=999, latency_cycles=999, lut=9_999, ff=9_999, dsp=99, bram=99
)


@pytest.fixture
def small(monkeypatch):
    """AHEAD's first case with decoders of ``tiny``, not synthesised; a function sets limits."""

    def not_synthesised(decoder, *_):
        to_verilog(decoder)  # Amaranth warns of components that nothing is made of.
        figures = {"lut": 20, "ff": 10, "dsp": 2, "bram": 0.5}
        cycles = {name: getattr(decoder, name) for name in ("latency_cycles", "frame_cycles")}
        return figures | cycles

    monkeypatch.setattr(ahead, "measure", not_synthesised)
    columns = tuple(
        replace(column, options=options, limits=GENEROUS)
        for column, options in zip(
            CASES[0].columns[::2], (("--max-dsp", "2"), ("--inputs-per-cycle", "4")), strict=True
        )
    )
    case = replace(CASES[0], network="tiny", topology="16-8-2", columns=columns)

    def limit(**limits):
        limited = replace(columns[1], limits=replace(GENEROUS, **limits))
        cases = (replace(case, columns=(columns[0], limited)),)
        monkeypatch.setattr(ahead_cases, "CASES", cases)

    limit()
    return limit


def rows(document: str) -> dict[str, list[str]]:
    cells = (line.strip("| ").split(" | ") for line in document.splitlines() if line[:1] == "|")
    return {row[0]: row[1:] for row in cells}


def test_document(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ahead, "_fmax", lambda options, quantised: 123.45)
    output = tmp_path / "tables.md"
    assert ahead.main(["--output", str(output), "--fmax"]) == 0
    captured = capsys.readouterr()
    document = output.read_text()
    assert captured.out.strip() == document.strip()
    assert captured.err == ""
    assert "Made by `python -m build_decoder.bench.ahead --fmax`" in document.split("##")[0]
    assert "## Table 2: execution times, case 1" in document
    assert "| BWID | BWS-FBW | 11:45 | " in document
    assert "| BWID | all | 22:10 | " in document
    assert "## Table 3: accuracy, performance, power and area, case 1" in document
    table = rows(document.split("## Table 3")[1])
    assert table["metric"] == [
        "AHEAD FP32", "AHEAD FP16", "AHEAD Fixed-Point", "(a) small", "(b) fast"
    ]
    assert table["options"][3:] == ["`tiny --max-dsp 2`", "`tiny --inputs-per-cycle 4`"]
    assert table["slice LUTs (utilisation)"][:3] == [
        "13,702 (25.76%)", "6,955 (13.07%)", "2,759 (5.19%)"
    ]
    assert table["frequency on ULX3S <sup>2</sup>"] == ["-", "-", "-", "123.5 MHz", "-"]
    assert table["dynamic power"][2:4] == ["88 mW", "- <sup>1</sup>"]


@pytest.mark.slow
def test_figures_are_those_of_bench_resources(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ahead, "measure", measure)
    assert ahead.main(["--output", str(tmp_path / "tables.md")]) == 0
    table = rows((tmp_path / "tables.md").read_text())
    capsys.readouterr()
    arguments = table["options"][4].strip("`").split()
    assert bench_resources(arguments) == 0
    figures = capsys.readouterr().out
    assert f'"latency_cycles": {table["latency, cycles"][4]},' in figures
    lut = table["slice LUTs (utilisation)"][4].split()[0]
    assert f'"lut": {lut},' in figures


def test_a_limit_that_is_not_met_is_named(small, tmp_path, capsys):
    small(lut=1, latency_cycles=3)
    assert ahead.main(["--output", str(tmp_path / "tables.md")]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(
        "bench.ahead: Table 3, (b) fast: expected latency_cycles of at most 3, got "
    )
    assert "(b) fast: expected lut of at most 1, got " in second
    assert (tmp_path / "tables.md").exists()


def test_a_limit_may_be_reached_or_left_out():
    limits = replace(GENEROUS, frame_cycles=None)
    figures = {"frame_cycles": 5000, "latency_cycles": 999, "lut": 9, "ff": 9, "dsp": 99, "bram": 1}
    assert limits.broken(figures) == []
    assert limits.broken(figures | {"bram": 99.5}) == ["expected bram of at most 99, got 99.5"]


def test_bad_usage(tmp_path, capsys):
    assert ahead.main(["--output", str(tmp_path / "no" / "tables.md")]) == 2
    assert "expected a file in a folder that there is" in capsys.readouterr().err
    assert ahead.main(["--fast"]) == 2
    assert capsys.readouterr().err.startswith("bench.ahead: unrecognized arguments: --fast")


def test_without_tools(small, tmp_path, capsys, monkeypatch):
    def none(decoder, *_):
        to_verilog(decoder)
        raise ToolError("yosys: not found")

    monkeypatch.setattr(ahead, "measure", none)
    assert ahead.main(["--output", str(tmp_path / "tables.md")]) == 3
    assert capsys.readouterr().err == "bench.ahead: yosys: not found\n"
    assert not (tmp_path / "tables.md").exists()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.network)
def test_options_of_the_cases_can_be_parsed(case):
    for column in case.columns:
        assert DesignOptions.parse([case.network, *column.options]).source.network == case.network


def test_percentages_of_the_paper_follow_from_the_boards():
    percentages = {
        "ahead_case1": [(25.76, 14.61, 46.82, 30), (13.07, 8.51, 37.27, 15.36),
                        (5.19, 1.51, 9.55, 6.07)],
        "ahead_case2": [(47.55, 26.16, 60.75, 44.91), (25.19, 14.08, 48.5, 22.64),
                        (15.33, 3.4, 0.25, 7.92)],
    }
    for case in CASES:
        capacity = boards.get(case.board).capacity
        for column, expected in zip(case.paper, percentages[case.network], strict=True):
            used = [100 * getattr(column, n) / getattr(capacity, n)
                    for n in ("lut", "ff", "dsp", "bram")]
            assert used == pytest.approx(expected, abs=0.006)
