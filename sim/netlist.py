"""A decoder's synthesised netlist against its integer model.

``python -m build_decoder.sim.netlist NETWORK`` quantises the network, exports the decoder,
synthesises it for ``--target``, and simulates the netlist on golden samples: back to back, and with
random stalls.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from build_decoder.actions import design, load, search
from build_decoder.hdl import families
from build_decoder.hdl.cells import Resources
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.family import Family
from build_decoder.hdl.yosys import yosys_share
from build_decoder.models.arguments import LineParser, filled, filled_path
from build_decoder.models.command import exit_status
from build_decoder.options import DesignOptions, add_design_options
from build_decoder.options.types import at_least
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.interface import StreamInterface
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.result import SimulationResult
from build_decoder.sim.synthesis import TARGETS, synthesise
from build_decoder.sim.testbench import TestBench

__all__ = ["NetlistCheck", "check_netlist", "main"]


@dataclass(frozen=True)
class NetlistCheck:
    """What was found on a netlist: its resources, a run back to back, and with stalls or None."""

    resources: Resources
    back_to_back: SimulationResult
    stalled: SimulationResult | None

    @property
    def runs(self) -> list[SimulationResult]:
        """The runs that were made."""
        return [run for run in (self.back_to_back, self.stalled) if run is not None]

    @property
    def vectors_checked(self) -> int:
        """Frames compared, in all runs."""
        return sum(run.vectors_checked for run in self.runs)

    @property
    def mismatches(self) -> int:
        """Mismatches of all runs."""
        return sum(run.mismatches for run in self.runs)

    @property
    def first_mismatch(self) -> str | None:
        """The first mismatch in words; None if there is none."""
        return next((run.first_mismatch for run in self.runs if run.first_mismatch), None)


def check_netlist(
    decoder: Decoder,
    family: Family,
    x_raw: np.ndarray,
    y_raw: np.ndarray,
    work_dir: Path,
    stall_seed: int | None = None,
) -> NetlistCheck:
    """Synthesise a decoder and simulate its netlist.

    Parameters
    ----------
    family
        One of those in :data:`sim.synthesis.TARGETS`.
    x_raw, y_raw
        Raw int64 inputs (frames, inputs) and expected outputs (frames, outputs).
    work_dir
        Folder for everything that is made on the way.
    stall_seed
        A seed: once more, with random stalls of both streams. None: back to back only.

    Raises
    ------
    ToolError
        If Yosys or a simulator is missing, or stops with an error.
    CheckFailed
        If a simulation hangs, or its scoreboard and numpy do not agree.
    """
    work_dir = Path(work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    source = work_dir / "decoder.v"
    source.write_text(to_verilog(decoder, family=family))
    synthesis = synthesise(source, family, work_dir / "synthesis")
    cells, include_dirs = cell_sources(family, yosys_share(), work_dir / "cells")
    bench = TestBench(
        [*cells, synthesis.netlist_verilog],
        "decoder",
        StreamInterface.of(decoder),
        work_dir / "bench",
        frames=len(x_raw),
        simulator="verilator",
        include_dirs=include_dirs,
    )
    back_to_back = bench.run(x_raw, y_raw, work_dir / "back_to_back")
    stalled = None
    if stall_seed is not None:
        stalled = bench.run(x_raw, y_raw, work_dir / "stalled", stall_seed=stall_seed)
    return NetlistCheck(synthesis.resources, back_to_back, stalled)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a mismatch, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(_arguments(argv)),
        prefix="sim.netlist: ",
        failures={CheckFailed: 1},
        tools=True,
    )


def _run(arguments) -> int:
    if arguments.work_dir is not None:
        # Before all that takes long.
        arguments.work_dir.mkdir(parents=True, exist_ok=True)
        return _check(arguments, arguments.work_dir)
    with tempfile.TemporaryDirectory() as folder:
        return _check(arguments, Path(folder))


def _arguments(argv) -> argparse.Namespace:
    parser = LineParser(
        prog="python -m build_decoder.sim.netlist", description=__doc__.split("\n")[0]
    )
    parser.add_argument("network", type=filled, help="zoo name, metadata folder or .keras file")
    add_design_options(parser)
    parser.add_argument("--target", choices=TARGETS, default="ecp5", help="(ecp5)")
    parser.add_argument(
        "--samples", type=at_least(1), default=20, metavar="N",
        help="golden samples, chosen at random (20)",
    )
    parser.add_argument(
        "--work-dir", type=filled_path, help="folder to keep netlist and results in"
    )
    return parser.parse_args(argv)


def _check(arguments, folder: Path) -> int:
    options = DesignOptions.of(arguments)
    network, golden = load(options.source)
    model = search(network, golden, options.search).model
    family = families.get(arguments.target)
    decoder = Decoder(design(model, options.hardware, family=family))
    folds = ", ".join(f"{f.inputs_per_cycle}x{f.outputs_per_cycle}" for f in decoder.plan.foldings)
    print(f"{model.name}: {model.topology}, folded {folds}, netlist for {family}",
          flush=True)
    random = np.random.default_rng(options.seed)
    chosen = random.permutation(len(golden.x))[: arguments.samples]
    x_raw = model.quantise_input(golden.x[chosen])
    check = check_netlist(
        decoder,
        family,
        x_raw,
        model.compute(x_raw),
        folder,
        stall_seed=options.seed,
    )
    names = ("back to back", f"stalls, seed {options.seed}")
    for name, run in zip(names, check.runs, strict=True):
        print(f"  {name}: {run.vectors_checked} vectors checked, {run.mismatches} mismatches")
    if check.first_mismatch:
        print(f"    first: {check.first_mismatch}")
    resources = ", ".join(f"{name} {value}" for name, value in asdict(check.resources).items())
    print(f"  resources: {resources}")
    print(f"{check.vectors_checked} vectors checked, {check.mismatches} mismatches")
    return 1 if check.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
