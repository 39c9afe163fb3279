"""Stages are functions of files: each goes on from what the ones before it left in a folder."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from build_decoder import boards, flow
from build_decoder.__main__ import main
from build_decoder.actions import golden_of, load, search
from build_decoder.boards.shells import SHELLS
from build_decoder.build_folder import BuildFolder
from build_decoder.exit_status import ExitStatus
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.heap.stages import with_single_outputs
from build_decoder.models.errors import InputError
from build_decoder.options import DesignOptions, HardwareOptions, SearchOptions, SourceOptions
from build_decoder.stages.importing import import_network
from build_decoder.stages.quantising import quantise_network
from build_decoder.stages.rtl import Chip, write_rtl
from build_decoder.stages.simulating import simulate
from build_decoder.stages.synthesising import BoardBuild, synthesise_board

OPTIONS = DesignOptions(
    source=SourceOptions(network="tiny", golden="tiny"),
    hardware=HardwareOptions(latency=30),
)
BOARD = "pynq_z1"
UART = SHELLS["uart"]
FILES = {
    "import": ["network/network.json", "golden.npz", "golden.json"],
    "quantise": ["formats.json", "model.json", "model.npz", "expected.npz"],
    "rtl": ["rtl/decoder.v", "rtl/design.json"],
}


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Path:
    """A build of ``tiny`` up to the stage rtl, by the command."""
    folder = tmp_path_factory.mktemp("build") / "out"
    arguments = ["--network", "tiny", "--board", BOARD, "--latency", "30", "--stop-after", "rtl"]
    assert main([*arguments, "--output", str(folder)]) == 0
    return folder


def only(build: Path, folder: Path, *stages: str) -> BuildFolder:
    """A folder with what ``stages`` left in a build, and nothing else."""
    for stage in stages:
        for name in FILES[stage]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(build / name, folder / name)
    if "import" in stages:
        shutil.copytree(build / "network", folder / "network", dirs_exist_ok=True)
    return BuildFolder(folder)


def same_files(build: Path, folder: Path, stage: str):
    for name in FILES[stage]:
        if not name.endswith(".npz"):
            assert (folder / name).read_text() == (build / name).read_text(), name
            continue
        with np.load(folder / name) as got, np.load(build / name) as wanted:
            assert [*got] == [*wanted]
            for key in wanted:
                np.testing.assert_array_equal(got[key], wanted[key])


def test_import_leaves_what_was_understood(build, tmp_path):
    board = boards.get(BOARD)
    result = import_network(BuildFolder(tmp_path), OPTIONS.source, board=board, shell=UART)
    assert result.figures["network"] == "tiny"
    same_files(build, tmp_path, "import")
    network, golden = load(OPTIONS.source)
    folder = BuildFolder(tmp_path)
    assert folder.load_network().topology == network.topology
    np.testing.assert_array_equal(folder.load_golden(network).x, golden.x)


def test_quantise_goes_on_from_import(build, tmp_path):
    folder = only(build, tmp_path, "import")
    result = quantise_network(folder, OPTIONS.search, family=XC7)
    same_files(build, tmp_path, "quantise")
    # The same as if there had been no files between.
    network, golden = load(OPTIONS.source)
    model = search(network, golden, OPTIONS.search, family=XC7).model
    assert folder.load_model().fingerprint() == model.fingerprint()
    report = json.loads((build / "report.json").read_text())
    for name in ("loss", "quality", "average_bit_width", "nodes", "built_topology"):
        assert report[name] == json.loads(json.dumps(result.figures[name]))


def test_quantise_takes_other_options_of_the_same_import(build, tmp_path):
    folder = only(build, tmp_path, "import")
    quantise_network(folder, SearchOptions(search="ahead"), family=XC7)
    assert folder.load_model().fingerprint() != BuildFolder(build).load_model().fingerprint()


def test_rtl_goes_on_from_quantise(build, tmp_path):
    folder = only(build, tmp_path, "quantise")
    write_rtl(folder, OPTIONS.hardware, Chip.of(boards.get(BOARD), 50.0))
    same_files(build, tmp_path, "rtl")
    assert folder.load_design().family is XC7


def test_rtl_makes_other_hardware_of_the_same_model(build, tmp_path):
    folder = only(build, tmp_path, "quantise")
    write_rtl(folder, HardwareOptions(), Chip())
    design, plan = folder.load_plan()
    assert design.interface.latency_cycles > 30
    assert design.family is None
    assert plan.model.fingerprint() == BuildFolder(build).load_model().fingerprint()


def test_simulate_goes_on_from_rtl(build, tmp_path):
    folder = only(build, tmp_path, "quantise", "rtl")
    with np.load(folder.expected) as kept:
        few = {key: kept[key][:40] if kept[key].ndim else kept[key] for key in kept}
    few["y_raw"][7, 1] ^= 1
    np.savez(folder.expected, **few)
    result = simulate(folder, seed=3)
    assert result.status is ExitStatus.MISMATCH
    assert result.message.startswith("Verilog differs from the model: frame 7, output 1: expected")
    # Frame 7 is simulated twice.
    assert (result.figures["vectors_checked"], result.figures["mismatches"]) == (72, 2)


def test_synthesise_goes_on_from_quantise_and_rtl(build, tmp_path, monkeypatch):
    monkeypatch.setenv("YOSYS", "/nonexistent")
    folder = only(build, tmp_path, "quantise", "rtl")
    how = BoardBuild(board=boards.get(BOARD), shell=UART, clock_mhz=100, seed=0, max_lut=4)
    result = synthesise_board(folder, how)
    assert (result.status, result.reason) == (ExitStatus.TOOL_MISSING, "tool missing")
    driver = json.loads((folder.board / "driver.json").read_text())
    # These are bit heaps, whose outputs leave one by one on a board.
    _, plan = folder.load_plan()
    interface = with_single_outputs(plan).interface.as_json()
    assert plan.latency_cycles < interface["latency_cycles"] <= OPTIONS.hardware.latency
    known = {"board": BOARD, "baud": 1_000_000, "clock_mhz": 100, "shell": "uart"}
    assert driver == interface | known


def test_files_of_two_builds_are_refused(build, tmp_path):
    other = only(build, tmp_path, "import", "rtl")
    quantise_network(other, SearchOptions(search="ahead"), family=XC7)
    with pytest.raises(InputError, match=r"rtl/design\.json: interface: fingerprint: expected"):
        other.load_plan()
    with pytest.raises(InputError, match=r"rtl/design\.json: interface: fingerprint: expected"):
        simulate(other, seed=0)
    how = BoardBuild(board=boards.get(BOARD), shell=UART, clock_mhz=100, seed=0)
    with pytest.raises(InputError, match="fingerprint"):
        synthesise_board(other, how)


@pytest.mark.parametrize(
    ("key", "wrong", "message"),
    [
        ("x_raw", lambda raw: raw[:, 1:], r"x_raw: expected shape \(any, 16\)"),
        ("y_raw", lambda raw: raw[1:], r"y_raw: expected shape \(4096, 2\)"),
        ("y_raw", lambda raw: raw + 1000, "y_raw: expected int64 values in uQ0.3, got int64 from"),
        ("x_raw", lambda raw: raw * 1.0, "x_raw: expected int64 values in uQ4.0, got float64"),
        ("fingerprint", lambda raw: raw[None, None], "fingerprint: expected shape"),
        ("fingerprint", lambda raw: raw + 1, "fingerprint: expected"),
    ],
)
def test_expected_outputs_that_are_none(key, wrong, message, build, tmp_path):
    folder = only(build, tmp_path, "quantise", "rtl")
    with np.load(folder.expected) as kept:
        arrays = dict(kept)
    np.savez(folder.expected, **arrays | {key: wrong(arrays[key])})
    with pytest.raises(InputError, match=rf"expected\.npz: {message}"):
        folder.load_expected(folder.load_design().interface)


def test_golden_data_is_read_from_the_build_alone(build, tmp_path, monkeypatch):
    folder = only(build, tmp_path, "import")
    monkeypatch.setattr("build_decoder.actions.load_golden", None)
    quantise_network(folder, OPTIONS.search, family=XC7)
    with pytest.raises(TypeError):
        golden_of(folder.load_network(), OPTIONS.source)


@pytest.mark.parametrize("board", ["pynq_z1", "ulx3s_85f", "icebreaker"])
def test_the_search_is_for_the_family_of_the_board(board, tmp_path, monkeypatch):
    families = []

    def stopped(*_, family, **__):
        families.append(family)
        raise InputError("stopped")

    monkeypatch.setattr(flow, "quantise_network", stopped)
    arguments = ["--network", "tiny", "--board", board, "--stop-after", "quantise"]
    assert main([*arguments, "--output", str(tmp_path / "build")]) == 2
    assert families == [boards.get(board).family]
