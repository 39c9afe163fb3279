"""A machine with no tools but those that a test installs, and build packages on it."""

import json
import os
import shutil
from pathlib import Path

import pytest
from boards_rig import SumsDecoder, sums_model

import build_decoder.flow
from build_decoder import boards
from build_decoder.__main__ import main
from build_decoder.boards.toolchain import synthesise
from build_decoder.boards.xilinx.open_tools import find
from build_decoder.hdl.yosys import find_yosys
from build_decoder.stages.result import StageResult

VARIABLES = (
    "VIVADO", "NEXTPNR_XILINX", "NEXTPNR_HIMBAECHEL", "FASM2FRAMES", "XC7FRAMES2BIT", "PYTHON",
    "AMARANTH_ENV_VIVADO", "AMARANTH_ENV_XRAY", "DB_DIR", "PRJXRAY_DB_DIR", "TOOLS_OPENXC7",
    "NEXTPNR_XILINX_DIR", "CHIPDB_DIR", "ZYNQ7_CHIPDB", "NEXTPNR_XILINX_CHIPDB_DIR",
)  # fmt: skip
_BLOCK = {"type": "DSP48E1", "connections": {}}
NETLIST = {"modules": {"top": {"attributes": {}, "ports": {}, "cells": {"block": _BLOCK}}}}


class Machine:
    """What a test installs is below ``root``, which stands for ``/``."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        self.root = root
        self.monkeypatch = monkeypatch
        posix = root / "bin"
        posix.mkdir(parents=True)
        for tool in ("sh", "bash", "dirname", "rm", "cp"):
            if found := shutil.which(tool):
                (posix / tool).symlink_to(found)
        for variable in VARIABLES:
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("PATH", str(posix))

    def on_path(self, folder: Path) -> None:
        """Put ``folder`` at the end of the search path."""
        self.monkeypatch.setenv("PATH", os.environ["PATH"] + os.pathsep + str(folder))

    def adopt(self, build: Path) -> Path:
        """Make a package look for fixed folders below ``root``."""
        module = build / "open_tools" / "find.py"
        text = module.read_text()
        for path in (*find.FIXED_DATABASES, *find.FIXED_CHIPDBS):
            assert f'"{path}"' in text
            text = text.replace(f'"{path}"', json.dumps(str(self.root / path[1:])))
        module.write_text(text)
        return build

    def package(self, build: Path, board: str = "pynq_z1") -> Path:
        """A build package without Yosys: its netlist is one DSP block, all open."""
        self.monkeypatch.setenv("YOSYS", "/nonexistent")
        synthesis = synthesise(boards.get(board), SumsDecoder(sums_model()), build)
        assert "no yosys here" in synthesis.missing
        (build / "top.json").write_text(json.dumps(NETLIST))
        return self.adopt(build)


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    return Machine(tmp_path / "root", monkeypatch)


@pytest.fixture(scope="session")
def tiny_package(tmp_path_factory) -> Path:
    """Build package of `tiny` for PYNQ-Z1 with its netlist, which has DSP blocks and memories."""
    if find_yosys() is None:
        pytest.skip("no Yosys on this machine")
    output = tmp_path_factory.mktemp("tiny") / "build"
    arguments = ["--network", "tiny", "--board", "pynq_z1", "--shell", "uart"]
    arguments += ["--stop-after", "synthesise"]
    with pytest.MonkeyPatch.context() as patch:
        # That its Verilog is right is shown elsewhere; it only takes time here.
        patch.setattr(build_decoder.flow, "simulate", lambda *_, **__: StageResult())
        assert main([*arguments, "--output", str(output)]) == 0
    return output / "board"
