"""A decoder's exported Verilog against its integer model.

``python -m build_decoder.sim.verify BUILD`` simulates the Verilog of a build on golden samples:
back to back, where latency and frame interval must be those that are documented, and with
``--stalls`` once more under random stalls. ``NETWORK`` in its place is built first, without blocks
of any FPGA. ``--waves FRAME`` records all signals from that frame's first transfer until the frame
behind it is done, in an FST file for a viewer of waveforms. ``--coverage`` tells what the frames
reached: streams that waited, states, and saturated values.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from build_decoder.given_build import add_build_arguments, given_build
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.options.types import at_least
from build_decoder.quant.reached import reached_codes
from build_decoder.sim.bench_files import WAVES
from build_decoder.sim.coverage import codes_table, run_tables
from build_decoder.sim.decoder_bench import ExportedDecoder, decoder_bench
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.fst import fst_from_vcd, require_fst
from build_decoder.sim.meters import meters_of, unknown_modules
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
    parser.add_argument(
        "--waves", type=at_least(0), metavar="FRAME",
        help="record signals from that golden sample on, the first is 0, in frame_FRAME.fst of the "
        "work folder or the current one; with --stalls, in frame_FRAME_stalls.fst as well",
    )
    parser.add_argument(
        "--coverage", action="store_true",
        help="tell how often each stream waited, each state machine was in each state, and values "
        "of each node were saturated",
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
    if arguments.waves is not None:
        require_fst()
        if arguments.waves >= len(x_raw):
            most, got = len(x_raw) - 1, str(arguments.waves)
            raise InputError.at("--waves", "", expected=f"a frame from 0 to {most}", got=got)
    meters = meters_of(plan) if arguments.coverage else []
    if missing := unknown_modules(meters, build.verilog.read_text()):
        raise InputError.at(
            build.verilog, "", expected="modules that are called as layers, for --coverage",
            got=f"none called {missing[0]}, as of another version: build it again",
        )
    bench = decoder_bench(
        build.exported(design), folder, frames=len(x_raw), simulator=arguments.simulator,
        meters=meters,
    )
    result = bench.run(x_raw, y_raw, folder / "back_to_back")
    _print("back to back", result)
    _print_lines(run_tables(folder / "back_to_back", meters))
    results = [result]
    times_differ = False
    if not result.mismatches:
        times_differ = _print_times(interface, result)
    if arguments.stalls is not None:
        results.append(
            bench.run(x_raw, y_raw, folder / "stalled", stall_seed=arguments.stalls)
        )
        _print(f"stalls, seed {arguments.stalls}", results[-1])
        _print_lines(run_tables(folder / "stalled", meters))
    if arguments.coverage:
        _print_lines(codes_table(reached_codes(model, x_raw)))
    if arguments.waves is not None:
        _record(arguments, build.exported(design), x_raw, y_raw, folder)
    vectors = sum(result.vectors_checked for result in results)
    mismatches = sum(result.mismatches for result in results)
    print(f"{vectors} vectors checked, {mismatches} mismatches")
    return 1 if mismatches or times_differ else 0


def _record(arguments, decoder: ExportedDecoder, x_raw, y_raw, folder: Path) -> None:
    """Run what is ahead of the frame, the frame and one behind it once more, and keep the waves."""
    frame, target = arguments.waves, arguments.work_dir or Path()
    count = min(frame + 2, len(x_raw))
    bench = decoder_bench(
        decoder, folder / "waves", frames=count, simulator=arguments.simulator, waves=True
    )
    for name, seed in (("", None), ("_stalls", arguments.stalls)):
        if name and seed is None:
            continue
        run = folder / "waves" / f"run{name}"
        bench.run(x_raw[:count], y_raw[:count], run, stall_seed=seed, waves_from=frame)
        kept = target / f"frame_{frame}{name}.fst"
        fst_from_vcd(run / WAVES, kept)
        (run / WAVES).unlink()
        print(f"  waves: {kept}", flush=True)


def _print(run: str, result: SimulationResult) -> None:
    print(
        f"  {run}: {result.vectors_checked} vectors checked, {result.mismatches} mismatches "
        f"({result.seconds:.1f} s)",
        flush=True,
    )
    if result.first_mismatch:
        print(f"    first: {result.first_mismatch}", flush=True)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"    {line}", flush=True)


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
