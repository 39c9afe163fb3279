"""Finding a simulator, and saying what is missing."""

import importlib.util
import os
import sys

import pytest

from build_decoder.models.errors import ToolError
from build_decoder.sim import simulators
from build_decoder.sim.simulators import find_simulator


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A search path with nothing on it; the function returned puts a shell script there."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def add(name, script="exit 0"):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return add


def test_verilator_comes_from_its_package():
    simulator = find_simulator()
    assert simulator.name == "verilator"
    root = simulator.environment["VERILATOR_ROOT"]
    assert os.path.exists(os.path.join(root, "include", "verilated.cpp"))
    assert os.path.exists(os.path.join(simulator.environment["PATH"], "verilator"))


def test_unknown_simulator():
    with pytest.raises(ToolError, match="expected a simulator of verilator, icarus, got 'xsim'"):
        find_simulator("xsim")


def test_verilator_without_compiler(programs):
    programs("make")
    with pytest.raises(ToolError, match=r"c\+\+, make and perl; not found: c\+\+, perl"):
        find_simulator("verilator")


def test_no_simulator_at_all(programs, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError) as error:
        find_simulator()
    assert str(error.value) == (
        "no Verilog simulator: verilator: the Python package `verilator` is not installed; "
        "icarus: iverilog and vvp are not on PATH"
    )


def test_icarus_that_leaves_logic_undefined(programs):
    programs("iverilog")
    programs("vvp", "echo next=x")
    with pytest.raises(ToolError, match="icarus: this version leaves combinational logic"):
        find_simulator("icarus")


def test_icarus_that_fails(programs):
    programs("iverilog", "exit 1")
    programs("vvp")
    with pytest.raises(ToolError, match="icarus: it does not work: "):
        find_simulator("icarus")


def test_icarus_that_works_stands_in_for_verilator(programs):
    programs("iverilog")
    programs("vvp", "echo next=1")
    assert find_simulator().name == "icarus"


def test_environment_is_put_back():
    before = dict(os.environ), list(sys.path)
    variables = {"PATH": "/first", "VERILATOR_ROOT": "/root"}
    with simulators._environment(variables, ["/packages"]):
        assert os.environ["PATH"].split(os.pathsep)[0] == "/first"
        assert os.environ["VERILATOR_ROOT"] == "/root"
        assert sys.path == ["/packages"]
    assert (dict(os.environ), sys.path) == before


def test_plain_names(tmp_path):
    odd = tmp_path / "a: b"
    odd.mkdir()
    (odd / "x.v").write_text("module x;")
    names = simulators._PlainNames(tmp_path / "names")
    plain = str(tmp_path / "x.v")
    assert names.of(plain) == names.copy_of(plain) == plain
    copied, linked = names.copy_of(odd / "x.v"), names.of(odd)
    assert simulators.is_plain(copied)
    assert simulators.is_plain(linked)
    assert copied.endswith(".v")
    assert not os.path.islink(copied)
    assert os.readlink(linked) == str(odd)
    assert os.listdir(names.copy_of(odd)) == ["x.v"]
