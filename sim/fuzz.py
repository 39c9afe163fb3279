"""Random small networks, integer model against hardware.

``python -m build_decoder.sim.fuzz --networks 200``.

Of five networks, one has branches, one convolutions, one attention over time steps, and one is on
a column engine. With ``--recurrent``, all are of LSTMs and GRUs: of 16 networks, one is of each
cell, in one direction or both, with the last step or all, with attention or without it. With
``--continuous``, all are decoders of continuous movement: LSTM, GRU, ESN and RBF in turns. With
``--reloadable``, all have states and weights that are written at run time; with ``--verilog``, too,
others are loaded while frames run. With ``--stacks``, all have LSTMs or GRUs in a row that share
multipliers, and of four networks two a cell. With ``--engine``, all are on an engine. With
``--floating``, all are in floating point, of any formats: chains of dense layers, networks over
columns, and networks over time steps, in turns. With ``--heaps``,
all have bit heaps: chains of dense layers, and convolutions, in turns. Each is run
with back-to-back frames, where latency and frame interval must be those that the decoder documents,
and with random stalls. In Amaranth's simulator, what each layer gives is compared, not outputs
alone: a maximum or a ReLU hides much. Of an engine, these are outputs ahead of the pools, and what
goes into the memory of columns. A network depends on the seed, its own number and the activations
that there are alone: ``--only`` runs one again.
One that fails is made smaller while it fails. What is left is printed, and kept as a folder below
``--keep``, a build up to the stage rtl: ``--again FOLDER`` checks it again, and ``python -m
build_decoder.sim.verify FOLDER`` simulates its Verilog, with waveforms if asked.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from build_decoder.failing_case import FailingCase, load_case, save_case
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.models.arguments import LineParser, filled_path, whole_number
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.sim.amaranth_runner import AmaranthBench
from build_decoder.sim.engine_layers import EngineLayers
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.fuzz_verilog import Check, mode_of, run_verilog, timed
from build_decoder.sim.random_kinds import DRAWN, KINDS, covered
from build_decoder.sim.random_networks import random_frames
from build_decoder.sim.shrink import Case, shrunk
from build_decoder.sim.simulators import find_simulator
from build_decoder.sim.streams import StreamError
from build_decoder.sim.vectors import stream_values
from build_decoder.sim.workers import mapper_of

__all__ = ["check_network", "compared", "main"]


def check_network(
    number: int,
    *,
    seed: int,
    samples: int,
    verilog: bool,
    kinds: Sequence[Callable] = DRAWN,
    keep: Path | None = None,
) -> Check:
    """Check network ``number`` of ``seed`` on ``samples`` frames, without stalls and with.

    Parameters
    ----------
    verilog
        Exported Verilog under a Verilog simulator; otherwise Amaranth's simulator.
    kinds
        What draws networks, in turns.
    keep
        Folder in which the smallest case that fails is kept; None for none.
    """
    random = np.random.default_rng([seed, number])
    drawn = kinds[number % len(kinds)]
    network = drawn(random, name=f"random_{seed}_{number}")
    x_raw = random_frames(random, network.model, samples)
    stall_seed = int(random.integers(1, 2**31))

    checked = partial(_checked, verilog=verilog, stall_seed=stall_seed)
    found = checked(network.plan, x_raw)
    if not found.mismatches:
        return found
    smallest = shrunk(Case.of(network.plan, x_raw), lambda case: _fails(case, checked))
    again = checked(smallest.plan, smallest.x_raw)
    if keep is not None:
        case = FailingCase(verilog, stall_seed, again.finding)
        save_case(keep, smallest.plan, smallest.x_raw, case)
    return replace(
        found,
        finding=f"{found.finding}; {network}",
        smallest=f"{again.finding}; {smallest}",
        kept=keep,
    )


def _checked(plan: DecoderPlan, x_raw: np.ndarray, *, verilog: bool, stall_seed: int) -> Check:
    if verilog:
        checks = run_verilog(decoder_of(plan), x_raw, stall_seed)
    else:
        checks = compared(Decoder(plan), x_raw, stall_seed)
    return Check(
        sum(check.frames for check in checks),
        sum(check.mismatches for check in checks),
        next((check.finding for check in checks if check.finding), None),
    )


def _fails(case: Case, checked: Callable[[DecoderPlan, np.ndarray], Check]) -> bool:
    try:
        plan = case.plan
    except (ValueError, InputError):
        return False  # some parts of a network are none that can be hardware
    return bool(checked(plan, case.x_raw).mismatches)


def compared(decoder: Decoder, x_raw: np.ndarray, stall_seed: int) -> list[Check]:
    """What each layer of a decoder gives in Amaranth's simulator, and its times, without stalls and
    with."""
    checks = []
    values = decoder.model.values(x_raw)
    last = decoder.model.nodes[-1].name
    between = [name for name in decoder.plan.layers if name != last]
    engine = EngineLayers(decoder)
    bench = AmaranthBench(decoder, watched=between, beside=engine.watches)
    for stalls in (None, stall_seed):
        try:
            got, latency, interval = bench.run(x_raw, stall_seed=stalls)
        except StreamError as error:
            checks.append(Check(0, 1, f"{mode_of(stalls)}: {error}"))
            continue
        every = {
            name: stream_values(transfers, decoder.plan.layers[name].output)
            for name, transfers in bench.transfers.items()
        }
        # Frames are counted where they leave.
        for name, given in every.items():
            checks.append(replace(_of_layer(name, given, values[name], stalls), frames=0))
        for name, given, wanted in engine.compared(values):
            checks.append(replace(_of_layer(name, given, wanted, stalls), frames=0))
        checks.append(_of_layer(last, got, values[last], stalls))
        if stalls is None:
            checks.extend(timed(decoder, latency, interval))
    return checks


def _of_layer(name: str, got: np.ndarray, wanted: np.ndarray, stalls: int | None) -> Check:
    wanted = wanted.reshape(len(wanted), -1)
    wrong = np.argwhere(got != wanted)
    if not len(wrong):
        return Check(len(wanted), 0, None)
    frame, output = map(int, wrong[0])
    return Check(
        len(wanted),
        len(wrong),
        f"{mode_of(stalls)}: {name}, frame {frame}, value {output}: expected "
        f"{wanted[frame, output]}, got {got[frame, output]}",
    )


def _arguments(argv) -> argparse.Namespace:
    parser = LineParser(prog="python -m build_decoder.sim.fuzz", description=__doc__.split("\n")[0])
    count, seed = whole_number(1, 1_000_000), whole_number(0, 2**31 - 1)
    parser.add_argument("--networks", type=count, default=200, help="how many (200)")
    parser.add_argument("--seed", type=seed, default=1, help="of networks, frames and stalls (1)")
    parser.add_argument("--only", type=seed, metavar="NUMBER", help="check one network again")
    parser.add_argument(
        "--keep", type=filled_path, default=Path("build/fuzz"), metavar="DIR",
        help="where a folder is made of each network that fails, at its smallest (build/fuzz)",
    )
    parser.add_argument(
        "--again", type=filled_path, metavar="FOLDER", help="check what was kept in that folder"
    )
    parser.add_argument("--samples", type=count, default=12, help="frames a network and run (12)")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument(
        "--recurrent", dest="kind", action="store_const", const="recurrent",
        help="draw networks of recurrent layers alone",
    )
    kinds.add_argument(
        "--continuous", dest="kind", action="store_const", const="continuous",
        help="draw decoders of continuous movement alone",
    )
    kinds.add_argument(
        "--reloadable", dest="kind", action="store_const", const="reloadable",
        help="draw decoders with states and weights that are written at run time alone; with "
        "--verilog, others are loaded while frames run",
    )
    kinds.add_argument(
        "--stacks", dest="kind", action="store_const", const="stacks",
        help="draw networks of recurrent layers that share multipliers alone",
    )
    kinds.add_argument(
        "--engine", dest="kind", action="store_const", const="engine",
        help="draw networks on a column engine alone",
    )
    kinds.add_argument(
        "--floating", dest="kind", action="store_const", const="floating",
        help="draw networks in floating point alone",
    )
    kinds.add_argument(
        "--heaps", dest="kind", action="store_const", const="heaps",
        help="draw networks with bit heaps alone: chains of dense layers, and convolutions",
    )
    parser.add_argument("--verilog", action="store_true", help="check the exported Verilog instead")
    parser.add_argument(
        "--jobs", type=whole_number(1, 1000), default=os.cpu_count(), help="processes (all cores)"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a mismatch, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(_arguments(argv)),
        prefix="sim.fuzz: ",
        failures={CheckFailed: 1},
        tools=True,
    )


def _run(arguments) -> int:
    if arguments.again is not None:
        return _again(arguments.again)
    if arguments.verilog:
        find_simulator()
    return _fuzz(arguments)


def _again(folder: Path) -> int:
    plan, x_raw, case = load_case(folder)
    print(f"{plan.model.name}: it failed with: {case.finding}", flush=True)
    found = _checked(plan, x_raw, verilog=case.verilog, stall_seed=case.stall_seed)
    if found.finding:
        print(f"now: {found.finding}")
    print(f"{found.frames} frames, {found.mismatches} mismatches")
    return 1 if found.mismatches else 0


def _check_and_keep(number: int, arguments) -> Check:
    mode = f"_{arguments.kind}" * bool(arguments.kind) + "_verilog" * arguments.verilog
    return check_network(
        number,
        seed=arguments.seed,
        samples=arguments.samples,
        verilog=arguments.verilog,
        kinds=KINDS.get(arguments.kind, DRAWN),
        keep=arguments.keep / f"seed_{arguments.seed}_network_{number}{mode}",
    )


def _fuzz(arguments) -> int:
    numbers = range(arguments.networks) if arguments.only is None else [arguments.only]
    jobs = min(arguments.jobs, len(numbers))
    start = time.perf_counter()
    frames = mismatches = done = 0
    with mapper_of(jobs) as mapper:
        check = partial(_check_and_keep, arguments=arguments)
        for number, found in zip(numbers, mapper(check, numbers), strict=True):
            done += 1
            frames += found.frames
            mismatches += found.mismatches
            if found.finding:
                mode = f" --{arguments.kind}" if arguments.kind else ""
                mode += " --verilog" if arguments.verilog else ""
                print(
                    f"network {number}: {found.mismatches} mismatches: {found.finding}\n"
                    f"  smallest: {found.smallest}\n"
                    f"  kept: python -m build_decoder.sim.fuzz --again {found.kept}\n"
                    f"  again: python -m build_decoder.sim.fuzz --seed {arguments.seed} "
                    f"--only {number} --samples {arguments.samples}{mode}",
                    flush=True,
                )
            if done % 10 == 0 and done < len(numbers):
                seconds = time.perf_counter() - start
                print(
                    f"  {done} of {len(numbers)} networks, {frames} frames, "
                    f"{mismatches} mismatches, {seconds:.0f} s",
                    flush=True,
                )
    told = "" if arguments.only is not None else covered(arguments.kind, done)
    print(f"{done} networks, {frames} frames, {mismatches} mismatches{told}")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
