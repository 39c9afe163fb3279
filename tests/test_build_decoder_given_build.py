"""Commands that are given the folder of a build: they take what is in it, or say what is wrong."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from build_decoder import given_build
from build_decoder.__main__ import main
from build_decoder.bench import resources
from build_decoder.build_folder import is_build
from build_decoder.design_file import Design
from build_decoder.manifest import write_manifest
from build_decoder.sim import netlist, verify

COMMANDS = {"sim.verify": verify, "sim.netlist": netlist, "bench.resources": resources}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A build of ``tiny`` for PYNQ-Z1 up to the stage rtl, with DSP48E1 in its Verilog."""
    folder = tmp_path_factory.mktemp("build") / "out"
    arguments = ["--network", "tiny", "--board", "pynq_z1", "--stop-after", "rtl"]
    assert main([*arguments, "--output", str(folder)]) == 0
    assert "DSP48E1 #" in (folder / "rtl" / "decoder.v").read_text()
    return folder


@pytest.fixture
def build(made, tmp_path, monkeypatch) -> Path:
    """A copy of it; nothing is quantised anew."""
    monkeypatch.setattr(given_build, "quantise_network", None)
    shutil.copytree(made, tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.slow
def test_verify_simulates_the_verilog_of_the_build(build, tmp_path, capsys):
    work = tmp_path / "work"
    arguments = [str(build), "--samples", "30", "--stalls", "2", "--work-dir", str(work)]
    assert verify.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tiny: 16-8-2, folded 1x8, 1x2"
    interface = Design.load(build / "rtl" / "design.json").interface
    cycles = interface.latency_cycles
    assert lines[2] == f"  latency: {cycles} cycles measured, {cycles} documented"
    assert lines[-1] == "60 vectors checked, 0 mismatches"
    assert not (work / "build").exists()
    with np.load(build / "expected.npz") as expected:
        wanted = expected["y_raw"][:30].ravel() % (1 << interface.output_width)
    outputs = (work / "back_to_back" / "outputs.hex").read_text().split()
    assert [int(word, 16) for word in outputs] == wanted.tolist()


@pytest.mark.slow
def test_netlist_and_resources_take_the_verilog_of_the_build(build, capsys):
    assert netlist.main([str(build), "--samples", "3", "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tiny: 16-8-2, folded 1x8, 1x2, netlist for xc7"
    assert lines[2] == "  stalls, seed 5: 3 vectors checked, 0 mismatches"
    assert resources.main([str(build)]) == 0
    of_build = json.loads(capsys.readouterr().out)
    told = dict(part.split() for part in lines[3].removeprefix("  resources: ").split(", "))
    assert {name: str(of_build[name]) for name in ("lut", "ff", "dsp")} == {
        name: told[name] for name in ("lut", "ff", "dsp")
    }
    report = json.loads((build / "report.json").read_text())
    assert of_build["average_bit_width"] == report["average_bit_width"]
    assert of_build["loss_seen"] == report["quality"]["searched_on"]["loss"]
    assert of_build["loss_unseen"] == report["quality"]["held_out"]["loss"]


def test_what_is_in_the_build_counts_and_not_what_it_should_have_been(build, capsys):
    path = build / "rtl" / "decoder.v"
    text = path.read_text()
    # Every word of weights in LUTs with its bits inverted.
    wrong, changed = re.subn(r"\.INIT\((64'h\w+)\)", r".INIT(~\1)", text)
    assert changed
    path.write_text(wrong)
    write_manifest(build)
    assert verify.main([str(build), "--samples", "4"]) == 1
    assert "    first: frame 0, output " in capsys.readouterr().out


@pytest.mark.slow
def test_a_network_is_built_first_and_its_build_is_kept(tmp_path, capsys):
    arguments = ["tiny", "--samples", "2", "--work-dir", str(tmp_path)]
    assert verify.main([*arguments, "--latency", "20"]) == 0
    kept = tmp_path / "build"
    assert is_build(str(kept))
    assert Design.load(kept / "rtl" / "design.json").interface.latency_cycles <= 20
    report = json.loads((kept / "report.json").read_text())
    assert (report["board"], report["network"]) == (None, "tiny")
    assert list(report["stage_seconds"]) == ["import", "quantise", "rtl"]
    capsys.readouterr()
    assert verify.main([str(kept), "--samples", "2"]) == 0


def remove(name):
    def change(build):
        (build / name).unlink()

    return change


def append(name):
    def change(build):
        with (build / name).open("ab") as file:
            file.write(b" ")

    return change


def cut(build):
    for name in ("rtl", "files.json"):
        path = build / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def of_an_earlier_version(build):
    (build / "model.json").unlink()
    write_manifest(build)


def link(build):
    (build / "rtl" / "decoder.v").rename(build / "rtl" / "other.v")
    (build / "rtl" / "decoder.v").symlink_to("other.v")


def nothing(build):
    shutil.rmtree(build)
    (build / "rtl").mkdir(parents=True)


def no_manifest(build):
    (build / "files.json").write_text("{}")


DAMAGE = {
    "no list of files": (remove("files.json"), "got no files.json, which says what is"),
    "cut off": (cut, "got no files.json"),
    "empty": (nothing, "got no files.json"),
    "a list that is none": (no_manifest, "got files.json, which was changed"),
    "an earlier version": (of_an_earlier_version, "got one that ended before model.json was made"),
    "verilog gone": (remove("rtl/decoder.v"), "got one whose rtl/decoder.v is gone"),
    "verilog changed": (append("rtl/decoder.v"), "got rtl/decoder.v, which was changed"),
    "verilog elsewhere": (link, "got rtl/decoder.v, which was changed"),
    "design changed": (append("rtl/design.json"), "got rtl/design.json, which was changed"),
    "model changed": (append("model.json"), "got model.json, which was changed"),
    "weights gone": (remove("model.npz"), "got one whose model.npz is gone"),
    "outputs changed": (append("expected.npz"), "got expected.npz, which was changed"),
    "report changed": (append("report.json"), "got report.json, which was changed"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_build_that_is_not_whole_is_one_line(command, damage, build, capsys):
    change, message = DAMAGE[damage]
    change(build)
    assert COMMANDS[command].main([str(build)]) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    start = f"{command}: {build}: expected a build up to the stage rtl, its files as it made them, "
    assert error.startswith(start)
    assert message in error


@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_do_not_belong_together_are_one_line(command, build, capsys):
    path = build / "rtl" / "design.json"
    content = json.loads(path.read_text())
    content["interface"]["fingerprint"] += 1
    path.write_text(json.dumps(content))
    write_manifest(build)
    assert COMMANDS[command].main([str(build)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{command}: {path}: interface: fingerprint: expected ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "option", [["--max-loss", "0"], ["--search", "default"], ["--latency", "9"], ["--golden", "x"]]
)
def test_options_would_make_another_build(command, option, build, capsys):
    assert COMMANDS[command].main([*option, str(build)]) == 2
    assert capsys.readouterr().err == (
        f"{command}: {option[0]}: expected none with the folder of a build, {build}, which is "
        "taken as it is, got one\n"
    )


def test_a_seed_is_for_what_a_command_draws(build, capsys):
    for command in ("sim.verify", "bench.resources"):
        assert COMMANDS[command].main([str(build), "--seed", "1"]) == 2
        assert "--seed: expected none with the folder of a build" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sim.netlist", "bench.resources"])
def test_blocks_of_another_family(command, build, capsys):
    assert COMMANDS[command].main([str(build), "--target", "ecp5"]) == 2
    assert capsys.readouterr().err == (
        f"{command}: --target: expected xc7, whose blocks the Verilog of this build has, got ecp5\n"
    )


def test_what_is_a_build(made, tmp_path, monkeypatch):
    assert is_build(str(made))
    assert not is_build(str(made / "network"))
    assert not is_build("tiny")
    assert not is_build(str(made / "report.json"))
    assert not is_build("\0")
    assert not is_build(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    os.mkdir("tiny")
    shutil.copy(made / "report.json", "tiny")
    # A name of the zoo comes first, as it does for networks.
    assert not is_build("tiny")
    assert is_build("./tiny")
