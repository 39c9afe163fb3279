"""A decoder's synthesised netlist against its integer model.

``python -m build_decoder.sim.netlist BUILD`` synthesises the Verilog of a build and simulates the
netlist on golden samples: back to back, and with random stalls. ``NETWORK`` in its place is built
first, for ``--target``.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from build_decoder.given_build import add_build_arguments, given_build, target_of
from build_decoder.hdl import families
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.options.types import at_least
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS
from build_decoder.stages.rtl import Chip

__all__ = ["main"]

_TARGET = "ecp5"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a mismatch, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv),
        prefix="sim.netlist: ",
        failures={CheckFailed: 1},
        tools=True,
    )


def _parser() -> LineParser:
    parser = LineParser(
        prog="python -m build_decoder.sim.netlist", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    parser.add_argument(
        "--target", choices=TARGETS,
        help=f"FPGA family (that of the build; for a network {_TARGET})",
    )
    parser.add_argument(
        "--samples", type=at_least(1), default=20, metavar="N",
        help="golden samples, chosen at random (20)",
    )
    parser.add_argument(
        "--work-dir", type=filled_path, help="folder to keep netlist and results in"
    )
    return parser


def _run(argv: Sequence[str] | None) -> int:
    work_dir = _parser().parse_args(argv).work_dir
    if work_dir is not None:
        # Before all that takes long.
        work_dir.mkdir(parents=True, exist_ok=True)
        return _check(argv, work_dir)
    with tempfile.TemporaryDirectory() as folder:
        return _check(argv, Path(folder))


def _check(argv: Sequence[str] | None, folder: Path) -> int:
    parser = _parser()
    arguments = parser.parse_args(argv)
    build = given_build(
        parser,
        argv,
        folder / "build",
        chip=Chip(families.get(arguments.target or _TARGET)),
        besides=["--seed"],
    )
    design, plan = build.load_plan()
    model = plan.model
    target = target_of(design, arguments.target, _TARGET)
    print(f"{model.name}: {model.topology}, folded {plan.folded}, netlist for {target}",
          flush=True)
    x_raw, y_raw = build.load_expected(design.interface)
    seed = arguments.seed
    chosen = np.random.default_rng(seed).permutation(len(x_raw))[: arguments.samples]
    if model.continuous:
        # What comes of a step depends on all before it.
        chosen = np.sort(chosen).argsort()
    check = check_netlist(
        ExportedDecoder(build.verilog, design.interface, target),
        x_raw[chosen],
        y_raw[chosen],
        folder,
        stall_seed=seed,
        plan=plan,
    )
    names = ("back to back", f"stalls, seed {seed}", "while weights are loaded")
    for name, run in zip(names, check.runs, strict=False):
        print(f"  {name}: {run.vectors_checked} vectors checked, {run.mismatches} mismatches")
    if check.first_mismatch:
        print(f"    first: {check.first_mismatch}")
    resources = ", ".join(f"{name} {value}" for name, value in asdict(check.resources).items())
    print(f"  resources: {resources}")
    print(f"{check.vectors_checked} vectors checked, {check.mismatches} mismatches")
    return 1 if check.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
