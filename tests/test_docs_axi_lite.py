"""The example of docs/axi_lite.md, run as the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from build_decoder.sim.simulators import ToolMissing, find_simulator

PAGE = Path("docs/axi_lite.md")


def _block(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    return block


def _commands() -> list[list[str]]:
    (block,) = re.findall(r"```\n(python -m build_decoder --network tiny .*?)```",
                          PAGE.read_text(), flags=re.DOTALL)  # fmt: skip
    return [re.findall(r'"[^"]*"|\S+', line) for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    try:
        find_simulator("verilator")
    except ToolMissing as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("axi_lite")
    (folder / "master.v").write_text(_block("verilog"))
    (folder / "frames.py").write_text(_block("python"))
    return folder


@pytest.mark.slow
def test_a_master_in_verilog_gets_every_frame_right(folder):
    for command in _commands():
        program, *arguments = (part.strip('"') for part in command)
        program = sys.executable if program == "python" else str(folder / program)
        ran = subprocess.run(
            [program, *arguments], cwd=folder, capture_output=True, text=True, timeout=500
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == "4096 frames, 0 mismatches\n"
