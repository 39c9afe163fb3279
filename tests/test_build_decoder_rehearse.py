"""A host program against a build at a simulated port: the command, and the example of its page."""

import shutil
import sys

import numpy as np
import pytest

import build_decoder
from build_decoder.manifest import write_manifest
from build_decoder.models.errors import ToolError
from build_decoder.rehearse import main
from build_decoder.sim.simulators import find_simulator
from tests.test_docs import blocks
from tests.test_python_api import PAGE


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    try:
        find_simulator("verilator")
    except ToolError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("rehearse") / "tiny"
    return build_decoder.build("tiny", output=folder, stop_after="rtl")


def test_the_host_program_of_the_page(made, tmp_path, capfd):
    (example,) = blocks(PAGE.read_text(), "py")
    (tmp_path / "host.py").write_text(f"{example}\nsys.exit(7)\n")
    status = main(
        [str(made.folder), "--", sys.executable, str(tmp_path / "host.py"), "{port}", "{build}"]
    )
    out, err = capfd.readouterr()
    assert (status, err) == (7, "")
    x = np.random.default_rng(2).integers(0, 15, (3, 16))
    assert out.splitlines() == [f"class {c}" for c in made.predict(x).argmax(1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("tiny", {"reloadable": True}),
        ("cursor_linear", {"board": "icebreaker"}),
    ],
)
def test_golden_samples_come_back(network, options, tmp_path, capfd):
    folder = tmp_path / "build"
    build_decoder.build(network, output=folder, stop_after="rtl", **options)
    assert main([str(folder), "--samples", "3"]) == 0
    assert "3 golden samples" in capfd.readouterr().out


@pytest.mark.slow
def test_an_answer_that_differs_is_told(made, tmp_path, capfd):
    folder = tmp_path / "build"
    shutil.copytree(made.folder, folder)
    with np.load(folder / "expected.npz") as expected:
        arrays = dict(expected)
    arrays["y_raw"][1, 0] ^= 1
    np.savez(folder / "expected.npz", **arrays)
    write_manifest(folder)
    assert main([str(folder), "--samples", "2"]) == 4
    assert "1 mismatches" in capfd.readouterr().out


def refused(capfd, *argv: str) -> str:
    assert main([*argv]) == 2
    out, err = capfd.readouterr()
    assert not out
    (line,) = err.splitlines()
    return line


def test_what_cannot_be_rehearsed_is_refused(made, tmp_path, capfd):
    assert "the folder of a build" in refused(capfd, str(tmp_path))
    for program in ([], ["./no_such_program"]):
        line = refused(capfd, str(made.folder), "--", *program)
        assert "expected a host program behind it that can be run" in line
    folder = tmp_path / "early"
    build_decoder.build("tiny", output=folder, stop_after="quantise")
    assert "up to the stage rtl" in refused(capfd, str(folder))
    shutil.copytree(made.folder, tmp_path / "changed")
    with (tmp_path / "changed" / "rtl" / "decoder.v").open("a") as file:
        file.write("// mine")
    assert "decoder.v, which was changed" in refused(capfd, str(tmp_path / "changed"))


def test_a_build_for_a_processor_is_refused(made, tmp_path, capfd):
    folder = tmp_path / "axi"
    build_decoder.build("tiny", board="pynq_z1", output=folder, stop_after="rtl")
    assert "got one with --shell axi" in refused(capfd, str(folder))

