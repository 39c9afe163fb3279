"""The command that puts other weights into a build, and builds of several networks."""

import json
import shutil
from contextlib import nullcontext
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from build_decoder import reloading
from build_decoder.__main__ import main as build_main
from build_decoder.boards.driver import LinkError
from build_decoder.build_folder import BuildFolder
from build_decoder.models import load_golden, load_network, save_network
from build_decoder.models.layers.esn import Esn
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.reload import main
from build_decoder.report import Report
from build_decoder.sim.errors import CheckFailed
from build_decoder.terminal import closing_table
from tests.days import other_day
from tests.days_with_states import (
    other_weights,
    save_steps,
    save_windows,
    stepwise,
    windows,
)


def save_day(folder, network, golden):
    save_network(network, folder)
    np.savez(
        folder / "golden.npz", x=golden.x, y=golden.y, held_out=golden.held_out,
        labels=golden.labels[:, 0],
    )
    return folder


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    network = load_network("tiny")
    golden = load_golden("tiny", network)
    root = tmp_path_factory.mktemp("days")
    return [save_day(root / str(seed), *other_day(network, golden, seed)) for seed in (1, 2)]


@pytest.fixture(scope="module")
def build(days, tmp_path_factory):
    """A reloadable build of two networks, to Verilog."""
    folder = tmp_path_factory.mktemp("build") / "build"
    arguments = ["--network", "tiny", "--also", str(days[0]), "--board", "icebreaker",
                 "--reloadable", "--stop-after", "rtl", "--output", str(folder)]
    assert build_main(arguments) == 0
    return folder


def reload(build, day, tmp_path, *options):
    output = tmp_path / "weights.npz"
    status = main(["--build", str(build), "--network", str(day), "--output", str(output),
                   "--max-loss", "0.02", *options])
    return status, output


def assert_refused(capsys, status, output, *expects):
    error = capsys.readouterr().err
    assert status == 2
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1, error
    for part in expects:
        assert part in error
    assert not output.exists()
    assert not output.with_suffix(".json").exists()


def test_a_build_tells_how_good_formats_are_for_other_networks(build):
    report = json.loads((build / "report.json").read_text())
    (also,) = report["also"]
    assert also["network"] == "other_day"
    assert also["agreement"] > 0.95
    console = Console(width=200, record=True, file=StringIO())
    console.print(closing_table(Report(**report), build))
    rows = [line for line in console.export_text().splitlines() if ", also 1, other_day" in line]
    page = (build / "report.html").read_text(encoding="utf-8")
    parts = {"searched_on": "searched on", "held_out": "held out from the search"}
    for part, title in parts.items():
        found = also["quality"][part]
        (row,) = (row for row in rows if f"decisions kept, {title}, " in row)
        assert f"{found['agreement']:.2%} of {found['samples']}" in row
        assert f"{title}, of network 1 of --also, other_day" in page
    assert sum(also["quality"][part]["samples"] for part in parts) == also["samples"]
    assert also["samples_limited"].keys() == parts.keys()
    assert "Of network 1 of --also, other_day, these are " in page
    ((network, golden),) = BuildFolder(build).load_also()
    assert network.topology == load_network("tiny").topology
    assert len(golden) == also["samples"]


def test_an_image_holds_the_new_model_and_the_report_tells_how_good_it_is(
    build, days, tmp_path, capsys
):
    status, output = reload(build, days[1], tmp_path, "--no-simulation")
    assert status == 0
    _, plan = BuildFolder(build).load_plan()
    words = reloading.image_of(output)
    model = plan.image_layout.model(words)
    golden = load_golden(days[1], load_network(days[1]))
    kept = golden.task.decisions(model.predict(golden.x)) == golden.task.decisions(golden.y)
    report = json.loads(output.with_suffix(".json").read_text())
    assert report["quality"]["all"]["agreement"] == pytest.approx(kept.mean())
    assert report["fingerprint"] == model.fingerprint() != report["built_fingerprint"]
    assert report["words"] == len(words) == plan.interface.image_words
    assert report["vectors_checked"] is None
    assert report["mismatches"] is None
    assert list(report["stage_seconds"]) == ["build", "recalibrate", "image"]
    assert "not simulated" in capsys.readouterr().out


@pytest.mark.slow
def test_the_image_is_proven_on_the_verilog_that_was_built(build, days, tmp_path):
    status, output = reload(build, days[1], tmp_path)
    assert status == 0
    report = json.loads(output.with_suffix(".json").read_text())
    assert report["vectors_checked"] >= reloading.PROVEN_FRAMES
    assert report["mismatches"] == 0


def test_what_differs_on_verilog_is_status_4_and_leaves_nothing(
    build, days, tmp_path, capsys, monkeypatch
):
    def differs(*_):
        raise CheckFailed("frame 3 differs")

    monkeypatch.setattr(reloading, "prove", differs)
    status, output = reload(build, days[1], tmp_path)
    assert status == 4
    assert "frame 3 differs" in capsys.readouterr().err
    assert not output.exists()


class Board:
    """What a port leads to."""

    def __init__(self, fingerprint=None, error=None):
        self.fingerprint, self.error, self.words = fingerprint, error, None

    def load_weights(self, words):
        if self.error:
            raise self.error
        self.words = words

    def info(self):
        own = int(self.words[2]) if self.fingerprint is None else self.fingerprint
        return SimpleNamespace(fingerprint=own)


def on_port(monkeypatch, board):
    monkeypatch.setattr(reloading, "connect", lambda *_: nullcontext(board))


def test_a_port_gets_the_image_and_its_fingerprint_is_read_back(
    build, days, tmp_path, monkeypatch
):
    board = Board()
    on_port(monkeypatch, board)
    status, output = reload(build, days[1], tmp_path, "--no-simulation", "--port", "/dev/x")
    assert status == 0
    np.testing.assert_array_equal(board.words, reloading.image_of(output))
    assert json.loads(output.with_suffix(".json").read_text())["port"] == "/dev/x"


def test_another_fingerprint_is_status_4(build, days, tmp_path, monkeypatch, capsys):
    on_port(monkeypatch, Board(fingerprint=7))
    status, _ = reload(build, days[1], tmp_path, "--no-simulation", "--port", "/dev/x")
    assert status == 4
    assert "got 00000007" in capsys.readouterr().err


def test_a_link_that_fails_is_status_2_and_keeps_the_image(
    build, days, tmp_path, monkeypatch, capsys
):
    on_port(monkeypatch, Board(error=LinkError("no answer")))
    status, output = reload(build, days[1], tmp_path, "--no-simulation", "--port", "/dev/x")
    assert status == 2
    assert "/dev/x: no answer" in capsys.readouterr().err
    assert json.loads(output.with_suffix(".json").read_text())["port"] is None


def test_a_network_of_other_layers_is_refused(build, tmp_path, capsys):
    status, output = reload(build, "ahead_case1", tmp_path)
    assert_refused(capsys, status, output, "ahead_case1", "as tiny has")


def test_a_build_with_constant_weights_is_refused(days, tmp_path, capsys):
    folder = tmp_path / "build"
    assert build_main(["--network", "tiny", "--stop-after", "rtl", "--output", str(folder)]) == 0
    capsys.readouterr()
    status, output = reload(folder, days[1], tmp_path)
    assert_refused(capsys, status, output, "expected a build with --reloadable")


def test_a_build_that_was_changed_and_a_wrong_output_are_refused(build, days, tmp_path, capsys):
    status, output = reload(tmp_path / "nothing", days[1], tmp_path)
    assert_refused(capsys, status, output, "expected a build up to the stage rtl")
    status = main(["--build", str(build), "--network", str(days[1]), "--output", "w.bin"])
    assert_refused(capsys, status, output, "--output: expected a file .npz")


def test_warnings_about_golden_data_are_told(build, days, tmp_path, capsys):
    with np.load(days[0] / "golden.npz") as arrays:
        one = {name: array[:1] for name, array in arrays.items()}
    np.savez(tmp_path / "one.npz", **one)
    status, output = reload(
        build, days[0], tmp_path, "--golden", str(tmp_path / "one.npz"), "--no-simulation"
    )
    assert status == 0
    warning = "golden data has one sample: nothing can be said of others"
    assert f"warning: {warning}\n" in capsys.readouterr().err
    assert json.loads(output.with_suffix(".json").read_text())["warnings"] == [warning]


def test_classes_in_another_order_are_refused(days, tmp_path, capsys):
    """Outputs would mean other classes with the weights of another day."""
    with np.load(days[0] / "golden.npz") as arrays:
        golden = dict(arrays)
    for name, names in (("first", ["rest", "fist"]), ("second", ["fist", "rest"])):
        shutil.copytree(days[0], tmp_path / name)
        np.savez(tmp_path / name / "golden.npz", **golden, class_names=names)
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    said = (
        "class_names: expected the classes of the decoder's outputs, in their order: 'rest', "
        "'fist', got 'fist', 'rest'"
    )
    arguments = ["--network", first, "--reloadable", "--board", "icebreaker"]
    built = tmp_path / "built"
    assert build_main([*arguments, "--also", second, "--output", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err
    assert f"error: --also: {second}: golden data: {said}" in error
    assert build_main([*arguments, "--stop-after", "rtl", "--output", str(built)]) == 0
    capsys.readouterr()
    status, output = reload(built, tmp_path / "second", tmp_path, "--no-simulation")
    assert_refused(capsys, status, output, said)
    # Golden data without names says nothing of them.
    status, _ = reload(built, days[0], tmp_path, "--no-simulation")
    assert status == 0


def test_a_network_that_is_given_twice_is_refused(days, tmp_path, capsys):
    """Whatever it is called."""
    again = tmp_path / "again"
    shutil.copytree(days[0], again)
    for others, got, expected in (
        ([str(days[0]), str(days[1]), str(again)], str(days[0]), "those before it"),
        ([str(days[0]), "tiny"], "tiny", "the network that is built"),
    ):
        folder = tmp_path / "build"
        arguments = ["--network", "tiny", "--output", str(folder), "--stop-after", "import"]
        assert build_main([*arguments, "--also", *others]) == 2
        assert capsys.readouterr().err == (
            f"error: --also: {others[-1]}: expected a network of other weights or other golden "
            f"data than {expected}, got the weights and golden data of {got}\n"
        )
        assert not folder.exists()


def test_the_same_network_may_come_with_other_golden_data(tmp_path):
    network = load_network("tiny")
    golden = load_golden("tiny", network)
    save_day(tmp_path / "day", network, golden.select(np.arange(0, len(golden), 2)))
    arguments = ["--network", "tiny", "--output", str(tmp_path / "build")]
    also = ["--also", str(tmp_path / "day")]
    assert build_main([*arguments, *also, "--stop-after", "import"]) == 0


def test_also_takes_networks_of_the_same_layers_alone(tmp_path, capsys):
    for others in (["ahead_case1"], ["tiny", "--search", "ahead"]):
        folder = tmp_path / "build"
        arguments = ["--network", "tiny", "--output", str(folder), "--stop-after", "rtl"]
        assert build_main([*arguments, "--also", *others]) == 2
        error = capsys.readouterr().err
        assert "--also: " in error
        assert len(error.splitlines()) == 1
        assert not folder.exists()


STATES = {
    "lstm": (windows, save_windows, (Lstm(3, False),)),
    "gru": (stepwise, save_steps, (Gru(3, False),)),
    "esn": (stepwise, save_steps, (Esn(6, False, leak_bits=1),)),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", STATES)
def test_decoders_with_states_are_built_and_reloaded(kind, tmp_path):
    make, save, layers = STATES[kind]
    network = make(layers)
    build, day = tmp_path / "build", save(tmp_path / "day", other_weights(network, 2))
    given = ["--network", str(save(tmp_path / "built", network)), "--board", "ulx3s_85f",
             "--reloadable", "--stop-after", "simulate", "--output", str(build)]
    assert build_main(given) == 0
    built = json.loads((build / "report.json").read_text())
    assert built["frames_while_reloading"] > 0
    assert built["mismatches"] == 0
    status, output = reload(build, day, tmp_path)
    assert status == 0
    report = json.loads(output.with_suffix(".json").read_text())
    assert report["vectors_checked"] >= reloading.PROVEN_FRAMES
    assert report["mismatches"] == 0


def test_days_of_other_reservoirs_are_refused_before_any_search(tmp_path, capsys):
    network = stepwise(STATES["esn"][2])
    reservoir, *others = network.nodes
    weights = {name: 2 * array for name, array in reservoir.weights.items()}
    other = replace(network, nodes=(replace(reservoir, weights=weights), *others))
    output = tmp_path / "build"
    given = ["--network", str(save_steps(tmp_path / "one", network)), "--also",
             str(save_steps(tmp_path / "other", other)), "--reloadable", "--output", str(output)]
    assert_refused(
        capsys, build_main(given), output, "layer 'l0': weights[0, 0]: expected ",
        "weights that are not trained are constants of the decoder",
    )


def test_layers_that_keep_their_weights_are_named_before_any_search(tmp_path, capsys):
    output = tmp_path / "build"
    given = ["--network", "cursor_rbf", "--reloadable", "--output", str(output)]
    assert_refused(
        capsys, build_main(given), output, "layer 'around': expected a type whose weights can be "
        "written at run time, which are attention, conv2d, dense, gru, lstm (leave out "
        "--reloadable", ", got rbf",
    )
