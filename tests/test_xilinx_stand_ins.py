"""The stand-ins for the tools of 7-series FPGAs refuse and misread what the real tools do."""

import json
import subprocess

import pytest
import xilinx_rig
from xilinx_stand_ins import PART, SITES, install, make_chipdb, make_database

machine = xilinx_rig.machine


def test_stand_ins_know_the_pins_of_the_board(machine, tmp_path):
    constraints = (machine.package(tmp_path / "build") / "top.xdc").read_text()
    pins = {line.split()[2] for line in constraints.splitlines() if "LOC" in line}
    assert pins <= SITES.keys()
    assert "-period 8.0 " in constraints


def run_stand_in(machine, tool: str, *arguments: str) -> subprocess.CompletedProcess:
    install(machine.root / "tools", tool)
    command = [machine.root / "tools" / tool, *arguments]
    return subprocess.run(command, cwd=machine.root, capture_output=True, text=True)


def placed(machine, tool: str, cell: dict, constraints: str) -> tuple[str, list[str]]:
    """What a stand-in says, and the features that it writes, for a netlist with one cell."""
    ports = {"pin": {"direction": "output", "bits": [2]}}
    cells = {"it": {"connections": {}} | cell}
    netlist = {"modules": {"top": {"ports": ports, "cells": cells}}}
    (machine.root / "top.json").write_text(json.dumps(netlist))
    (machine.root / "top.xdc").write_text(constraints)
    fasm = machine.root / "top.fasm"
    fasm.unlink(missing_ok=True)
    make_chipdb(machine.root)
    database = ["--chipdb", "xc7z020clg400.bin"]
    files = {
        "nextpnr-xilinx": [*database, "--xdc", "top.xdc", "--fasm", fasm.name],
        "nextpnr-himbaechel": ["--device", PART, "-o", "xdc=top.xdc", "-o", f"fasm={fasm.name}"],
    }
    options = [*files[tool], "--json", "top.json", "--freq", "100", "--seed", "1"]
    ended = run_stand_in(machine, tool, *options)
    assert (ended.returncode == 0) == fasm.exists()
    return ended.stdout, fasm.read_text().split() if fasm.exists() else []


XDC = 'set_property LOC Y19 [get_ports "pin"]\nset_property IOSTANDARD {} [get_ports "pin"]\n'


@pytest.mark.parametrize("tool", ["nextpnr-xilinx", "nextpnr-himbaechel"])
def test_stand_ins_have_the_faults_of_the_tools(tool, machine):
    said, features = placed(machine, tool, {"type": "$scopeinfo"}, "")
    assert ("Unable to place cell" in said) == (tool == "nextpnr-xilinx") == (not features)
    for port in ("CARRYCASCIN", "MULTSIGNIN"):
        cell = {"type": "DSP48E1", "connections": {port: ["0"]}}
        assert f"Unrouteable $PACKER_GND_NET sink it.{port}" in placed(machine, tool, cell, "")[0]
    # Constants of mode pins are left to inverters.
    _, features = placed(
        machine, tool, {"type": "DSP48E1", "connections": {"INMODE": [*"00100"]}}, ""
    )
    assert "DSP_L_X8Y0.DSP_0_CED.DSP_GND_L" in features
    assert [f for f in features if "INMODE" in f and "CEINMODE" not in f] == [
        "DSP_L_X8Y0.DSP48.DSP_0.ZIS_INMODE_INVERTED[2]"
    ]
    three_state = {"type": "OBUFT", "connections": {"I": [3], "T": ["0"], "O": [2]}}
    _, features = placed(machine, tool, three_state, XDC.format("LVCMOS33"))
    assert any("ZINV_T1" in f for f in features) == (tool == "nextpnr-xilinx")
    assert any("DRIVE" in f for f in features)
    quoted = XDC.format('"LVCMOS33"') + 'set_property PULLTYPE "PULLUP" [get_ports "pin"]\n'
    _, features = placed(machine, tool, three_state, quoted)
    assert not any("DRIVE" in f for f in features)
    assert 'LIOB33_X0Y5.IOB_Y0.PULLTYPE."PULLUP"' in features
    make_database(machine.root / "db")
    database = ["--part", PART, "--db-root", str(machine.root / "db/zynq7"), "top.fasm"]
    ended = run_stand_in(machine, "fasm2frames", *database)
    assert 'PULLTYPE."PULLUP" not found' in ended.stderr
    database[1] = "xc7z030sbg485-1"
    assert run_stand_in(machine, "fasm2frames", *database).returncode != 0
