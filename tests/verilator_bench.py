"""Helper of tests: small Verilog benches with a pin ``clk``, without cocotb, under Verilator."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from build_decoder.models.errors import ToolError
from build_decoder.sim.runtime_cache import caching_compiler
from build_decoder.sim.simulators import find_simulator

__all__ = ["run_bench"]

_MAIN = """
#include "Vbench.h"
#include "verilated.h"
int main(int argc, char **argv) {
  VerilatedContext context;
  context.commandArgs(argc, argv);
  Vbench bench{&context};
  bench.clk = 0;
  bench.eval();
  while (!context.gotFinish()) {
    context.timeInc(1);
    bench.clk = !bench.clk;
    bench.eval();
  }
  bench.final();
}
"""


def run_bench(
    sources: Sequence[Path], work_dir: Path, *, include_dirs: Sequence[Path] = ()
) -> subprocess.CompletedProcess:
    """Compile the module ``bench``, and clock it in ``work_dir`` until $finish or an error."""
    try:
        simulator = find_simulator("verilator")
    except ToolError as error:
        pytest.skip(str(error))
    (work_dir / "main.cpp").write_text(_MAIN)
    path = f"{simulator.environment['PATH']}{os.pathsep}{os.environ['PATH']}"
    built = subprocess.run(
        [
            "verilator", "--cc", "--exe", "--build", "-Wno-fatal", "--Mdir", "obj",
            "--top-module", "bench", "--timescale", "1ns/1ps", "--x-assign", "unique", "-j", "2",
            "-MAKEFLAGS", "OPT_FAST=-O0",  # the runtime as for other benches, compiled once
            *(f"-I{path}" for path in include_dirs), *map(str, sources), "main.cpp",
        ],
        cwd=work_dir, capture_output=True, text=True,
        env={
            **os.environ,
            **simulator.environment,
            "PATH": path,
            "OBJCACHE": caching_compiler(work_dir / "compile.sh"),
        },
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return subprocess.run(
        [work_dir / "obj" / "Vbench"], cwd=work_dir, capture_output=True, text=True, timeout=300
    )
