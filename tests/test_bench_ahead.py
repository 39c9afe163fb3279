"""The command that sets this project beside AHEAD's tables, on the smallest network of the zoo."""

from dataclasses import astuple, replace

import pytest

from build_decoder import boards
from build_decoder.bench import ahead, ahead_cases
from build_decoder.bench.ahead_cases import CASES, Limits
from build_decoder.bench.energy_counts import Counted
from build_decoder.bench.energy_models.xc7 import Events, by_events, by_resources
from build_decoder.bench.resources import main as bench_resources
from build_decoder.bench.resources import measure
from build_decoder.hdl.cells import Resources
from build_decoder.hdl.export import to_verilog
from build_decoder.models.errors import ToolError
from build_decoder.options import DesignOptions
from build_decoder.sim.named_netlist import DrivenBit, NamedNetlist
from build_decoder.sim.toggle_meter import NetCount
from build_decoder.sim.toggles import Toggles

RESOURCES = Resources(lut=20, ff=10, dsp=2, bram=0.5)
GENEROUS = Limits(
    frame_cycles=999, latency_cycles=999, lut=9_999, ff=9_999, dsp=99, bram=99
)


@pytest.fixture
def small(monkeypatch):
    """AHEAD's first case with decoders of ``tiny``, not synthesised; a function sets limits."""

    def not_synthesised(decoder, *_):
        to_verilog(decoder)  # Amaranth warns of components that nothing is made of.
        cycles = {name: getattr(decoder, name) for name in ("latency_cycles", "frame_cycles")}
        return RESOURCES.as_dict() | cycles

    monkeypatch.setattr(ahead, "measure", not_synthesised)
    of_case = {column.title: column for column in CASES[0].columns}
    columns = tuple(
        replace(of_case[title], options=options, limits=GENEROUS)
        for title, options in (
            ("FP16", ("--arithmetic", "fp16")),
            ("(a) small", ("--max-dsp", "2")),
            ("(b) fast", ("--inputs-per-cycle", "4")),
        )
    )
    case = replace(CASES[0], network="tiny", topology="16-8-2", columns=columns)

    def limit(**limits):
        limited = replace(columns[2], limits=replace(GENEROUS, **limits))
        cases = (replace(case, columns=(*columns[:2], limited)),)
        monkeypatch.setattr(ahead_cases, "CASES", cases)

    limit()
    return limit


A = "estimated by resources (A) <sup>3</sup>"
C = "estimated by toggles (C) <sup>3</sup>"


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
    # Each of this project's stands behind AHEAD's that it is compared with.
    assert table["metric"] == [
        "AHEAD FP32", "AHEAD FP16", "FP16", "AHEAD Fixed-Point", "(a) small", "(b) fast"
    ]
    assert table["options"] == [
        "-", "-", "`tiny --arithmetic fp16`", "-", "`tiny --max-dsp 2`",
        "`tiny --inputs-per-cycle 4`",
    ]
    assert table["average bit width, input layer counted"][1:4] == ["-", "16.00", "7.47"]
    assert table["slice LUTs (utilisation)"][:4] == [
        "13,702 (25.76%)", "6,955 (13.07%)", "20 (0.04%)", "2,759 (5.19%)"
    ]
    assert table["frequency on ULX3S <sup>2</sup>"] == ["-"] * 4 + ["123.5 MHz", "-"]
    by_resources = by_resources_of(RESOURCES)
    assert table[f"dynamic power, {A}"][3:5] == [
        "88 mW", " .. ".join(f"{0.1 * end:.1f}" for end in by_resources) + " mW"
    ]
    assert table[f"dynamic power, {C}"][3:5] == ["88 mW", "-"]
    assert table[f"energy a frame, {C}"] == ["13,407 nJ", "7,941 nJ", "-", "705 nJ", "-", "-"]


def by_resources_of(resources: Resources) -> tuple[float, ...]:
    return astuple(by_resources(resources))


@pytest.mark.slow
def test_power_by_toggles(small, tmp_path, monkeypatch, capsys):
    """Of frames of golden data, with what they give, and figures of the netlist itself."""
    seen = []

    def counted(decoder, x_raw, y_raw, folder):
        to_verilog(decoder)
        seen.append((x_raw.shape, y_raw.shape))
        bits = {DrivenBit("net_0", "cell_0", "LUT2", "O", True): NetCount(10_000, 500)}
        toggles = Toggles(NamedNetlist(folder, tuple(bits), {}), bits, 1000, 10)
        return Counted(RESOURCES, toggles)

    monkeypatch.setattr(ahead, "_counted", counted)
    assert ahead.main(["--output", str(tmp_path / "tables.md"), "--power"]) == 0
    document = (tmp_path / "tables.md").read_text()
    assert "Made by `python -m build_decoder.bench.ahead --power`" in document
    assert seen == [((12, 16), (12, 2))] * 3
    table = rows(document.split("## Table 3")[1])
    # Ten nets change in a cycle, and 10 pJ a cycle are 1 mW at 100 MHz.
    picojoules = astuple(by_events(Events(10, RESOURCES.ff, RESOURCES.dsp, RESOURCES.bram)))
    assert table[f"dynamic power, {C}"][4] == (
        " .. ".join(f"{0.1 * end:.1f}" for end in picojoules) + " mW"
    )
    cycles = int(table["cycles a frame"][4])
    assert table[f"energy a frame, {C}"][4] == (
        " .. ".join(f"{cycles * end / 1000:,.1f}" for end in picojoules) + " nJ"
    )


@pytest.mark.slow
def test_figures_are_those_of_bench_resources(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ahead, "measure", measure)
    assert ahead.main(["--output", str(tmp_path / "tables.md")]) == 0
    table = rows((tmp_path / "tables.md").read_text())
    capsys.readouterr()
    arguments = table["options"][5].strip("`").split()
    assert bench_resources(arguments) == 0
    figures = capsys.readouterr().out
    assert f'"latency_cycles": {table["latency, cycles"][5]},' in figures
    lut = table["slice LUTs (utilisation)"][5].split()[0]
    assert f'"lut": {lut},' in figures


@pytest.mark.slow
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
