"""The command line as a user meets it."""

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import build_decoder.flow
from build_decoder import boards
from build_decoder.__main__ import main
from build_decoder.arguments import parse
from build_decoder.design_file import Design
from build_decoder.exit_status import ExitStatus
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.sim.synthesis import synthesise
from build_decoder.sim.testbench import TestBench
from build_decoder.stages import STAGES, rtl, synthesising
from build_decoder.stages.result import StageResult
from tests.malformed import CASES, make_good
from tests.sweeps import swept

LEFT_BY_STAGE = {
    "import": "network/network.json",
    "quantise": "formats.json",
    "rtl": "rtl/decoder.v",
    "simulate": "sim/back_to_back/results.json",
    "synthesise": "board/driver.json",
    "bitstream": "board/top.bin",
}


def run(arguments: list[str], output: Path) -> tuple[int, dict]:
    status = main([*arguments, "--output", str(output)])
    return status, json.loads((output / "report.json").read_text())


def assert_rejected(arguments, output: Path, capsys, *expects: str):
    """Exit status 2, one line, and nothing left behind."""
    before = sorted(output.parent.iterdir())
    assert main([*arguments, "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1, error
    for part in expects:
        assert part in error
    assert sorted(output.parent.iterdir()) == before


@pytest.fixture(scope="module")
def tiny_build(tmp_path_factory) -> tuple[Path, dict]:
    """A whole build, to a bitstream."""
    output = tmp_path_factory.mktemp("whole") / "build"
    status, report = run(["--network", "tiny", "--board", "icebreaker"], output)
    assert status == 0
    return output, report


def test_whole_build_reports_what_it_measured(tiny_build):
    output, report = tiny_build
    golden = load_golden("tiny", load_network("tiny"))
    assert report["mismatches"] == 0
    assert report["vectors_checked"] >= len(golden)
    interface = Design.load(output / "rtl" / "design.json").interface
    assert report["latency_cycles"] == interface.latency_cycles
    assert report["fmax_mhz"] >= report["clock_mhz"]
    assert report["resources"]["lut"] > 0
    assert (output / report["bitstream"]).stat().st_size > 1000
    assert list(report["stage_seconds"]) == list(STAGES)
    widths = [node["integer"] + node["fraction"] for node in report["nodes"]]
    assert report["average_bit_width"] == np.mean(widths)
    quality = report["quality"]
    count = len(golden)
    seen, unseen = quality["searched_on"], quality["held_out"]
    assert report["loss"] == pytest.approx(
        (seen["loss"] * seen["samples"] + unseen["loss"] * unseen["samples"]) / count
    )


def test_expected_vectors_are_the_models(tiny_build):
    output, _ = tiny_build
    expected = np.load(output / "expected.npz")
    golden = load_golden("tiny", load_network("tiny"))
    assert len(expected["x_raw"]) == len(golden)
    recorded = (output / "sim" / "back_to_back" / "outputs.hex").read_text().split()
    width = Design.load(output / "rtl" / "design.json").interface.output_width
    assert [int(word, 16) for word in recorded] == [
        int(value) % (1 << width) for value in expected["y_raw"].ravel()
    ]


def test_a_build_replaces_an_earlier_one(tiny_build, tmp_path):
    output = tmp_path / "again"
    shutil.copytree(tiny_build[0], output)
    status, report = run(["--network", "tiny", "--stop-after", "rtl"], output)
    assert status == 0
    assert report["bitstream"] is None
    assert not (output / "board").exists()


@pytest.mark.parametrize("stage", STAGES[:3])
def test_stop_after(stage, tmp_path):
    status, report = run(["--network", "tiny", "--stop-after", stage], tmp_path / "out")
    assert status == 0
    assert list(report["stage_seconds"]) == list(STAGES[: STAGES.index(stage) + 1])
    for name, file in LEFT_BY_STAGE.items():
        assert (tmp_path / "out" / file).exists() == (STAGES.index(name) <= STAGES.index(stage))
    assert report["fmax_mhz"] is report["resources"] is report["vectors_checked"] is None


@pytest.mark.slow
def test_latency_target_is_met_in_simulation(tmp_path):
    arguments = ["--network", "tiny", "--latency", "20", "--stop-after", "simulate"]
    status, report = run(arguments, tmp_path / "out")
    assert status == 0
    assert report["latency_cycles"] <= 20
    assert report["mismatches"] == 0


@pytest.mark.slow
def test_luts_are_told_after_synthesis(tmp_path, capsys, monkeypatch):
    arguments = ["--network", "tiny", "--stop-after", "synthesise", "--max-lut", "400"]
    monkeypatch.setattr(build_decoder.flow, "simulate", lambda *_, **__: StageResult())
    found = []

    def exceeding(*how):
        made = synthesise(*how)
        found.append(made.resources.lut)
        return replace(made, resources=replace(made.resources, lut=500))

    monkeypatch.setattr(synthesising, "synthesise", exceeding)
    status, report = run(arguments, tmp_path / "out")
    assert status == 0
    assert 0 < found[0] < report["resources"]["lut"]
    figures = report["decoder_lut"]
    assert 0 < figures["estimated"] <= 400
    assert (figures["limit"], figures["synthesised"]) == (400, 500)
    assert (
        f"warning: --max-lut 400: the decoder was estimated at {figures['estimated']} LUTs and "
        "takes 500 on ecp5, alone: ask for about 320\n"
    ) in capsys.readouterr().err


@pytest.mark.parametrize(("taken", "warnings"), [(1, 0), (400, 0), (401, 1)])
def test_a_decoder_within_its_luts_is_no_matter(taken, warnings):
    figures = {"limit": 400, "estimated": 390, "synthesised": taken}
    told = synthesising._warnings(figures, boards.get("ulx3s_85f"))
    assert len(told) == warnings


def test_dsp_blocks_are_limited(tmp_path):
    arguments = ["--network", "tiny", "--max-dsp", "3", "--stop-after", "rtl"]
    status, report = run(arguments, tmp_path / "out")
    assert status == 0
    units = [layer["multipliers"] for layer in report["foldings"]]
    assert sum(layer["packed"] + layer["dsp"] for layer in units) == 3
    products = [2 * unit["packed"] + unit["dsp"] + unit["lut"] + unit["select"] for unit in units]
    assert products == [layer["outputs_per_cycle"] for layer in report["foldings"]]


@pytest.mark.parametrize("board", swept(["pynq_z1", "picozed_7030"], 2))
def test_xilinx_without_a_toolchain_leaves_the_package_and_exits_3(
    board, tmp_path, capsys, monkeypatch
):
    # No Vivado and no nextpnr for this family, whatever this machine has.
    tools = ("vivado", "nextpnr-xilinx", "nextpnr-himbaechel")
    path = [
        folder for folder in os.environ["PATH"].split(os.pathsep)
        if not any(Path(folder, tool).exists() for tool in tools)
    ]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    monkeypatch.setattr(build_decoder.flow, "simulate", lambda *_, **__: StageResult())
    status, report = run(["--network", "tiny", "--board", board], tmp_path / "out")
    assert status == 3
    error = capsys.readouterr().err
    assert error.startswith("tool missing: ")
    assert len(error.splitlines()) == 1
    assert report["fmax_mhz"] is None
    assert report["bitstream"] is None
    assert report["resources"]["lut"] > 0
    assert (tmp_path / "out" / "board" / "README.txt").exists()


def test_mismatch_exits_4(tmp_path, capsys, monkeypatch):
    def sabotaged(component, **options):
        text = to_verilog(component, **options)
        # Every word of the first weight memory that comes up, with its bits inverted.
        memory = re.search(r"(\S+)\[0\] = \d+'h", text)[1]
        wrong, changed = re.subn(
            rf"({re.escape(memory)}\[\d+\] = )(\d+'h\w+);", r"\1~\2;", text
        )
        assert changed, text[:2000]
        return wrong

    to_verilog = rtl.to_verilog
    monkeypatch.setattr(rtl, "to_verilog", sabotaged)
    status, report = run(["--network", "tiny", "--stop-after", "simulate"], tmp_path / "out")
    assert status == 4
    assert report["mismatches"] > 0
    assert "mismatch: Verilog differs from the model: frame 0" in capsys.readouterr().err


@pytest.mark.parametrize("name", swept(["latency", "frame interval"], 2))
def test_times_that_are_not_as_documented_exit_4(name, tmp_path, capsys, monkeypatch):
    field = name.replace("frame interval", "frame") + "_cycles"
    interface = DecoderPlan.interface.func

    def misdocumented(plan):
        documented = interface(plan)
        return replace(documented, **{field: getattr(documented, field) + 1})

    monkeypatch.setattr(DecoderPlan, "interface", property(misdocumented))
    status, report = run(["--network", "tiny", "--stop-after", "simulate"], tmp_path / "out")
    assert status == 4
    assert report["mismatches"] == 0
    documented = report[field] + 1
    assert capsys.readouterr().err == (
        f"mismatch: expected a {name} of {documented} cycles, got {report[field]}\n"
    )


def test_a_simulation_that_hangs_exits_4(tmp_path, capsys, monkeypatch):
    plusargs = TestBench._plusargs

    def impatient(bench, *arguments):
        return plusargs(bench, *arguments) | {"deadline": 9}

    monkeypatch.setattr(TestBench, "_plusargs", impatient)
    status, report = run(["--network", "tiny", "--stop-after", "simulate"], tmp_path / "out")
    assert status == 4
    assert report["vectors_checked"] is None
    error = capsys.readouterr().err
    assert error.startswith("mismatch: the simulation did not end within its deadline")
    assert len(error.splitlines()) == 1


def test_uniform_segments_reach_the_hardware(tmp_path):
    arguments = ["--network", "ahead_case1", "--segments", "4", "--stop-after", "rtl"]
    status, report = run(arguments, tmp_path / "out")
    assert status == 0
    assert report["uniform_segments"] == 4
    forms = [{"layer": n, "form": "uniform_segments", "segments": 4} for n in (1, 2)]
    assert report["activations"] == forms
    # What the search saw is what is built.
    assert report["search_steps"][-1]["loss"] == report["quality"]["searched_on"]["loss"] <= 0


def test_activations_without_uniform_segments_say_so(tiny_build):
    _, report = tiny_build
    assert report["uniform_segments"] is None
    assert [layer["form"] for layer in report["activations"]] == ["exact", "table"]


def test_unmet_clock_exits_5(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(build_decoder.flow, "simulate", lambda *_, **__: StageResult())
    arguments = ["--network", "tiny", "--board", "icebreaker", "--clock", "96"]
    status, report = run(arguments, tmp_path / "out")
    assert status == 5
    assert report["fmax_mhz"] < 96
    assert "timing: expected a clock of 96.0061 MHz, got at most" in capsys.readouterr().err


def test_list_boards(capsys):
    assert main(["--list-boards"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"ulx3s_85f", "icebreaker", "picozed_7030", "pynq_z1"} <= set(listed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_malformed_input_exits_2(case, tmp_path, capsys):
    (tmp_path / "given").mkdir()
    arguments = case.make(tmp_path / "given")
    assert_rejected(arguments, tmp_path / "out", capsys, "expected ", ", got ", *case.expects)


@pytest.mark.parametrize(
    ("arguments", "expects"),
    [
        (["--board", "arduino"], ("board: expected one of", "ulx3s_85f", "got 'arduino'")),
        (["--max-loss", "2"], ("--max-loss: expected a fraction from 0 to 1, got 2",)),
        (["--max-loss", "no"], ("--max-loss: expected a number, got 'no'",)),
        (["--latency", "0"], ("--latency: expected 1 or more, got 0",)),
        (["--latency", "4.5"], ("--latency: expected a whole number, got '4.5'",)),
        (["--latency", "9", "--inputs-per-cycle", "2"], ("--latency: expected it alone",)),
        (["--segments", "0"], ("--segments: expected a power of two from 1 to 4096, got 0",)),
        (["--segments", "3"], ("--segments: expected a power of two from 1 to 4096, got 3",)),
        (["--segments", "8192"], ("expected a power of two from 1 to 4096, got 8192",)),
        (["--datapath", "dsp", "lut", "lut"], ("or 2, one for each, got 3",)),
        (["--datapath", "luts"], ("--datapath: invalid choice: 'luts'",)),
        (["--outputs-per-cycle", "99"], ("dense layer 1: expected 1 to ", "got 99")),
        (["--latency", "3"], ("tiny: expected a latency that its layers can reach", "got 3")),
        (["--clock", "-1"], ("--clock: expected a positive number, got -1",)),
        (["--clock", "nan"], ("--clock: expected a positive number, got nan",)),
        (["--clock", "5000"], ("expected", "got 5000")),
        (["--seed", "-1"], ("--seed: expected 0 to 2147483647, got -1",)),
        (["--seed", "2147483648"], ("--seed: expected 0 to 2147483647, got 2147483648",)),
        (["--seed", "1.5"], ("--seed: expected a whole number, got '1.5'",)),
        (["--stop-after", "lunch"], ("--stop-after: invalid choice: 'lunch'",)),
        (["--turbo"], ("unrecognized arguments: --turbo",)),
    ],
    ids=str,
)
def test_bad_usage_exits_2(arguments, expects, tmp_path, capsys):
    assert_rejected(["--network", "tiny", *arguments], tmp_path / "out", capsys, *expects)


def test_network_that_the_board_cannot_hold_exits_2_with_numbers(tmp_path, capsys, monkeypatch):
    board = boards.get("icebreaker")
    small = replace(board, capacity=replace(board.capacity, lut=100, bram=1))
    monkeypatch.setattr(boards, "get", {"icebreaker": small}.__getitem__)
    # That its Verilog is right is shown above; it only takes time here.
    monkeypatch.setattr(build_decoder.flow, "simulate", lambda *_, **__: StageResult())
    assert_rejected(
        ["--network", "tiny", "--board", "icebreaker"], tmp_path / "out", capsys,
        "icebreaker: expected a decoder that fits the iCE40UP5K", "lut of 100", "bram of 1",
    )


def test_output_below_a_file_exits_2(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert main(["--network", "tiny", "--output", str(tmp_path / "file" / "out")]) == 2
    error = capsys.readouterr().err
    assert "expected a folder that can be written, got" in error
    assert (tmp_path / "file").read_text() == "mine"


def test_output_that_is_not_a_build_is_kept(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    assert_rejected(
        ["--network", "tiny"], tmp_path / "out", capsys, "expected an earlier build", "other files"
    )
    assert (tmp_path / "out" / "thesis.tex").read_text() == "mine"


def test_earlier_build_survives_bad_input(tiny_build, tmp_path, capsys):
    output = tmp_path / "out"
    shutil.copytree(tiny_build[0], output)
    (tmp_path / "given").mkdir()
    arguments = make_good(tmp_path / "given")
    (tmp_path / "given" / "golden.npz").write_bytes(b"no zip")
    assert main([*arguments, "--output", str(output)]) == 2
    assert (output / "report.json").exists()
    assert (output / "board").exists()


def test_parents_made_for_the_output_go_with_it(tmp_path, capsys):
    main(["--network", "nowhere", "--output", str(tmp_path / "a" / "b" / "out")])
    assert list(tmp_path.iterdir()) == []


def test_largest_seed(tmp_path):
    arguments = ["--network", "tiny", "--seed", "2147483647", "--stop-after", "import"]
    status, report = run(arguments, tmp_path / "out")
    assert (status, report["seed"]) == (0, 2**31 - 1)


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ("tiny", "tiny"),
        ("nets/net.v1/", "net.v1"),
        ("nets/net.v2", "net.v2"),
        ("nets/net.v2/network.json", "net.v2"),
        ("nets/net.v1.keras", "net.v1"),
        ("nets/net.v1.onnx", "net.v1"),
        ("nets/a/..", "nets"),
        (".", "here"),
        ("network.json", "here"),
        ("/", "network"),
    ],
)
def test_default_output_is_named_after_the_network(network, name, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    output = parse(["--network", network, "--board", "icebreaker"]).output
    assert output == Path("build") / f"icebreaker-{name}"


@pytest.mark.parametrize(
    ("network", "golden"),
    [
        ("tiny", "tiny"),
        ("./tiny", "./tiny"),
        ("tiny/network.json", "tiny/"),
        ("tiny/decoder.keras", "tiny/"),
        ("decoder.keras", "./"),
        ("nets/decoder.onnx", "nets/"),
        ("network.json", "./"),
        ("/a,b/decoder.keras", "/a,b/"),
    ],
)
def test_default_golden_data_is_in_the_networks_folder(network, golden):
    # Where it ends in a slash, a folder called tiny is not taken for the zoo's network.
    assert parse(["--network", network]).design.source.golden == golden


@pytest.mark.parametrize("name", ["given", "left,right"])
@pytest.mark.parametrize("data", ["golden.npz", "x.csv and y.csv"])
@pytest.mark.parametrize("file", ["", "network.json"])
def test_golden_data_beside_the_network(name, data, file, tmp_path):
    make_good(tmp_path / name)
    folder = tmp_path / name / "network"
    if data == "golden.npz":
        (tmp_path / name / data).rename(folder / data)
    else:
        with np.load(tmp_path / name / "golden.npz") as golden:
            for key in "xy":
                np.savetxt(folder / f"{key}.csv", golden[key], delimiter=",", fmt="%.17g")
    arguments = ["--network", str(folder / file), "--stop-after", "import"]
    status, report = run(arguments, tmp_path / "out")
    assert (status, report["network"]) == (0, "small")


@pytest.mark.parametrize("file", ["", "network.json"])
def test_no_golden_data_beside_the_network(file, tmp_path, capsys):
    make_good(tmp_path / "given")
    folder = tmp_path / "given" / "network"
    assert_rejected(
        ["--network", str(folder / file)], tmp_path / "out", capsys,
        f"expected golden.npz or x.csv and y.csv in {folder}, or --golden, got none of them",
    )


@pytest.mark.parametrize("spelled", [str, os.path.relpath], ids=["absolute", "relative"])
def test_messages_name_the_output_folder(spelled, tmp_path, capsys, monkeypatch):
    def fails(build, *_, **__):
        log = spelled(build.board / "build.log")
        return StageResult.stopped(ExitStatus.TOOL_MISSING, f"see {log} and {log}")

    monkeypatch.setattr(build_decoder.flow, "import_network", fails)
    output = tmp_path / "out"
    status, report = run(["--network", "tiny"], output)
    assert status == 3
    log = output / "board" / "build.log"
    assert capsys.readouterr().err == f"tool missing: see {log} and {log}\n"
    assert list(report["stage_seconds"]) == ["import"]


def test_output_is_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for stage in ("quantise", "import"):
        assert main(["--network", "tiny", "--output", ".", "--stop-after", stage]) == 0
        expected = {"network", "golden.npz", "golden.json", "report.json", "files.json"}
        if stage == "quantise":
            expected |= {"formats.json", "expected.npz", "model.json", "model.npz", "report.html"}
        assert set(os.listdir()) == expected


def test_output_that_cannot_be_put_in_place_exits_2(tmp_path, capsys, monkeypatch):
    def no_rename(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", no_rename)
    assert_rejected(
        ["--network", "tiny", "--stop-after", "import"], tmp_path / "out", capsys,
        f"{tmp_path / 'out'}: expected a folder that can be written, got Permission denied",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["18:05", "#1", "$HOME", "a;b", " a  b ", "'", '"', "100%", "a\\b", "a\nb", "-x", "ü",
             "\udcff", "[/bold]"]
)
def test_any_name_of_an_output_folder_is_simulated(name, tmp_path):
    arguments = ["--network", "tiny", "--stop-after", "simulate"]
    status, report = run(arguments, tmp_path / name / "out")
    assert (status, report["mismatches"]) == (0, 0)
