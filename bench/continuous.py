"""Decoders of cursor velocity, step by step: R2, cycles a step, and 10,000 steps in Verilog.

``python -m build_decoder.bench.continuous`` builds the zoo's ``cursor_...`` networks, runs 10,000
steps that neither training nor search has seen through the Verilog of each, and prints a table.
Decoders that keep states run them twice: as one sequence, back to back, and with their states
cleared in the middle. A build that is in the folder already is taken as it is.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.build_folder import BuildFolder, is_build
from build_decoder.given_build import add_build_arguments, make_rtl
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.cursor.decoders import DECODERS
from build_decoder.models.cursor.readout import r2
from build_decoder.models.cursor.training import STEPS, inputs_of, recorded
from build_decoder.models.files.load import load_network
from build_decoder.models.train import DEFAULT_SEED
from build_decoder.options import DesignOptions
from build_decoder.sim.decoder_bench import decoder_bench
from build_decoder.sim.errors import CheckFailed
from build_decoder.stages.rtl import Chip

__all__ = ["INTERVAL", "main"]

INTERVAL = 2500
"""Cycles a step that decoders are chosen for: 40,000 steps a second at 100 MHz."""

_HEAD = (
    "decoder", "R2 float", "R2 integer", "bits", "latency", "cycles a step", "steps in Verilog",
    "mismatches",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a mismatch, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv), prefix="bench.continuous: ", failures={CheckFailed: 1}, tools=True
    )


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.continuous", description=__doc__.split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DECODERS)} (all)")
    parser.add_argument(
        "--builds", type=filled_path, metavar="DIR", default=Path("build/continuous"),
        help="folder of a build each (build/continuous)",
    )
    options = parser.parse_args(argv)
    for name in options.names:
        if name not in DECODERS:
            parser.error(f"expected names of {', '.join(DECODERS)}, got {name!r}")
    rows, wrong = [], 0
    for name in options.names or DECODERS:
        print(f"{name} ...", flush=True)
        row, mismatches = _measured(name, options.builds / name)
        rows.append(row)
        wrong += mismatches
    print(f"| {' | '.join(_HEAD)} |\n|{'---|' * len(_HEAD)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return 1 if wrong else 0


def _built(name: str, folder: Path) -> BuildFolder:
    if is_build(str(folder)):
        build = BuildFolder(folder)
        build.check()
        return build
    parser = LineParser()
    add_build_arguments(parser)
    given = parser.parse_args([name, "--interval", str(INTERVAL)])
    return make_rtl(folder, DesignOptions.of(given), Chip())


def _measured(name: str, folder: Path) -> tuple[list[str], int]:
    """A row of the table, and how many outputs were wrong."""
    build = _built(name, folder)
    design, plan = build.load_plan()
    model, network = plan.model, load_network(name)
    session = recorded("verified", seed=DEFAULT_SEED)
    x = inputs_of(name, session).reshape(-1, model.input_count)
    truth = session.velocity.reshape(-1, 2)
    found = (network.in_sequences(STEPS).forward(x), model.predict(x, steps=STEPS))
    scores = [", ".join(f"{value:.4f}" for value in r2(y, truth)) for y in found]

    x_raw = model.quantise_input(x)
    work = folder / "steps"
    bench = decoder_bench(build.exported(design), work, frames=len(x_raw))
    runs = [bench.run(x_raw, model.compute(x_raw), work / "whole")]
    if model.continuous:
        half = len(x_raw) // 2
        expected = model.compute(x_raw, steps=half)
        assert not np.array_equal(expected, model.compute(x_raw))
        runs.append(bench.run(x_raw, expected, work / "cleared", clear_every=half))
    if times := runs[0].wrong_times(plan.interface):
        raise CheckFailed(f"{name}: {'; '.join(times)}")
    mismatches = sum(run.mismatches for run in runs)
    row = [
        f"`{name}` ({model.topology})", *scores, f"{model.average_bit_width():.1f}",
        str(plan.latency_cycles), str(plan.frame_cycles),
        " + ".join(f"{run.vectors_checked:,}" for run in runs), str(mismatches),
    ]  # fmt: skip
    return row, mismatches


if __name__ == "__main__":
    sys.exit(main())
