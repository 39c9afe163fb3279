"""Simulation of a pipeline that takes all inputs of a frame at once, a frame each cycle."""

import json
from pathlib import Path
from shutil import copy

import numpy as np

from build_decoder.bench.peers.simulated import Simulated
from build_decoder.bench.peers.tools import Made
from build_decoder.sim.simulators import find_simulator

__all__ = ["FRAMES", "SEEN", "simulate"]

FRAMES, SEEN = "frames.npy", "seen.npy"

_DRIVER = "build_decoder.bench.peers.parallel_driver"

_BENCH = """\
module bench(
  input clk /* verilator public_flat_rw */,
  input [{most_in}:0] given /* verilator public_flat_rw */,
  output [{most_out}:0] shown /* verilator public_flat_rd */
);
  {top} dut(.clk(clk), .model_inp(given), .model_out(shown));
endmodule
"""


def simulate(made: Made, work_dir: Path) -> Simulated:
    """Simulate a pipeline on all its frames, back to back.

    ``arrays`` has ``port_in`` and ``port_out``, uint8 (frames, bits), each least bit first. An
    output counts as equal only in the cycle that the documented latency tells.

    Raises
    ------
    ToolError
        If there is no simulator, or the Verilog does not compile.
    """
    latency = made.pipeline_cycles
    given, expected = made.arrays["port_in"], made.arrays["port_out"]
    run_dir = work_dir / "run"
    run_dir.mkdir(parents=True, exist_ok=True)
    for path in made.data:
        copy(path, run_dir)
    bench = work_dir / "bench.v"
    bench.write_text(
        _BENCH.format(top=made.top, most_in=given.shape[1] - 1, most_out=expected.shape[1] - 1)
    )
    simulator = find_simulator()
    simulator.compile([*made.verilog, bench], work_dir / "build", log=work_dir / "build.log")
    np.save(run_dir / FRAMES, given)
    simulator.run(
        work_dir / "build", run_dir, log=work_dir / "simulation.log",
        plusargs={"latency": latency}, seed=0, driver=_DRIVER,
    )  # fmt: skip
    cycles = json.loads((run_dir / "counters.json").read_text())["cycles"]
    seen = np.load(run_dir / SEEN)
    assert len(seen) == cycles == len(given) + latency
    equal = (seen[latency:] == expected).all(axis=1)
    return Simulated(len(given), int(equal.sum()), latency, 1)
