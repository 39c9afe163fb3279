"""A decoder's exported Verilog against its integer model.

``python -m build_decoder.sim.verify BUILD`` simulates the Verilog of a build on golden samples:
back to back, where latency and frame interval must be those that are documented, and with
``--stalls`` once more under random stalls. ``NETWORK`` in its place is built first, without blocks
of any FPGA.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_decoder.given_build import add_build_arguments, given_build
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.options.types import at_least
from build_decoder.sim.decoder_bench import decoder_bench
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.result import SimulationResult
from build_decoder.stages.rtl import Chip

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a mismatch, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv),
        prefix="sim.verify: ",
        failures={CheckFailed: 1},
        tools=True,
    )


def _parser() -> LineParser:
    parser = LineParser(
        prog="python -m build_decoder.sim.verify", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    parser.add_argument(
        "--samples", type=_samples, default=None, metavar="N|all", help="golden samples (all)"
    )
    parser.add_argument(
        "--stalls", type=at_least(0), metavar="SEED", help="once more, with random stalls"
    )
    parser.add_argument("--simulator", choices=("verilator", "icarus"), help="(what is there)")
    parser.add_argument("--work-dir", type=filled_path, help="folder to keep bench and results in")
    return parser


def _samples(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected all or at least 1, got {text!r}")
    return int(text)


def _run(argv: Sequence[str] | None) -> int:
    work_dir = _parser().parse_args(argv).work_dir
    if work_dir is not None:
        # Before all that takes long.
        work_dir.mkdir(parents=True, exist_ok=True)
        return _verify(argv, work_dir)
    with tempfile.TemporaryDirectory() as folder:
        return _verify(argv, Path(folder))


def _verify(argv: Sequence[str] | None, folder: Path) -> int:
    parser = _parser()
    arguments = parser.parse_args(argv)
    build = given_build(parser, argv, folder / "build", chip=Chip())
    design, plan = build.load_plan()
    model, interface = plan.model, design.interface
    print(f"{model.name}: {model.topology}, folded {plan.folded}", flush=True)
    x_raw, y_raw = (raw[: arguments.samples] for raw in build.load_expected(interface))
    bench = decoder_bench(
        build.exported(design), folder, frames=len(x_raw), simulator=arguments.simulator
    )
    result = bench.run(x_raw, y_raw, folder / "back_to_back")
    _print("back to back", result)
    results = [result]
    times_differ = False
    if not result.mismatches:
        times_differ = _print_times(interface, result)
    if arguments.stalls is not None:
        results.append(
            bench.run(x_raw, y_raw, folder / "stalled", stall_seed=arguments.stalls)
        )
        _print(f"stalls, seed {arguments.stalls}", results[-1])
    vectors = sum(result.vectors_checked for result in results)
    mismatches = sum(result.mismatches for result in results)
    print(f"{vectors} vectors checked, {mismatches} mismatches")
    return 1 if mismatches or times_differ else 0


def _print(run: str, result: SimulationResult) -> None:
    print(
        f"  {run}: {result.vectors_checked} vectors checked, {result.mismatches} mismatches "
        f"({result.seconds:.1f} s)",
        flush=True,
    )
    if result.first_mismatch:
        print(f"    first: {result.first_mismatch}", flush=True)


def _print_times(interface: Interface, result: SimulationResult) -> bool:
    """Print measured times beside documented ones; returns whether any differ."""
    times = [("latency", interface.latency_cycles, result.latency_cycles)]
    if result.frame_cycles is not None:
        times.append(("frame interval", interface.frame_cycles, result.frame_cycles))
    for name, documented, measured in times:
        print(f"  {name}: {measured} cycles measured, {documented} documented", flush=True)
    return bool(result.wrong_times(interface))


if __name__ == "__main__":
    sys.exit(main())
