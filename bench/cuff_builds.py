"""Builds of nerve-cuff networks: macro F1, whether they keep up, resources, seconds of each stage.

``python -m build_decoder.bench.cuff_builds FOLDER ...`` prints a table of what the builds in these
folders have: macro F1 of floats and integers on the signatures that the search was not given, the
samples a second that the decoder takes at the clock it runs at, and what ``report.json`` says.
Exits with status 1 if one loses more than 0.005 of macro F1, a frame differs in the simulation, the
timing fails or it does not keep up with 30 kHz.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.build_folder import BuildFolder
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.nerve_cuff.recordings.baseline import macro_f1

__all__ = ["main"]

_SAMPLE_RATE_HZ = 30_000
_MOST_LOST = 0.005


def main(argv: Sequence[str] | None = None) -> int:
    """Print a row for each build; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.cuff_builds", description=__doc__.split("\n")[0]
    )
    parser.add_argument("folders", type=filled_path, nargs="+", metavar="FOLDER")
    return exit_status(lambda: _run(parser.parse_args(argv)), prefix="bench.cuff_builds: ")


def _run(arguments: argparse.Namespace) -> int:
    print("| build | macro F1, float | integer | kept | frames, mismatches | cycles a window "
          "| clock, Fmax, MHz | samples/s | LUT / FF / DSP / RAM | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    return 0 if all([_row(folder) for folder in arguments.folders]) else 1


def _row(folder: Path) -> bool:
    build = BuildFolder(folder)
    report = build.load_report()
    floats, integers, kept = scores_of(build)
    cells = [folder.name, f"{floats:.4f}", f"{integers:.4f}", f"{kept:.2%}"]
    met = floats - integers <= _MOST_LOST
    checked, wrong = report.get("vectors_checked"), report.get("mismatches")
    met &= not wrong
    cells.append(f"{checked}, {wrong}" if checked else "-")
    clock, fmax, cycles = (report.get(key) for key in ("clock_mhz", "fmax_mhz", "frame_cycles"))
    cells.append(f"{cycles:,}" if cycles else "-")
    cells.append(f"{clock:g}, {fmax:.1f}" if fmax else f"{clock:g}, -")
    if cycles:
        rows, columns, _ = build.load_network().given_inputs[0].shape
        samples = columns if columns > 1 else rows
        rate = samples * clock * 1e6 / cycles
        met &= rate >= _SAMPLE_RATE_HZ and (not fmax or fmax >= clock)
        cells.append(f"{rate:,.0f}")
    else:
        cells.append("-")
    used = report.get("placed_resources") or report.get("resources") or {}
    counts = [used.get(kind) for kind in ("lut", "ff", "dsp", "bram")]
    cells.append(" / ".join("-" if count is None else f"{count:,}" for count in counts))
    seconds = report["stage_seconds"].items()
    cells.append(", ".join(f"{stage} {spent:.0f}" for stage, spent in seconds))
    print(f"| {' | '.join(cells)} |")
    return met


def scores_of(build: BuildFolder) -> tuple[float, float, float]:
    """Macro F1 of floats and of integers, and which part of decisions is kept, of a build.

    All on the golden samples that are held out from the search.
    """
    network = build.load_network()
    golden = build.load_golden(network)
    test = golden.unseen
    interface = Interface.of_model(build.load_model())
    _, y_raw = build.load_expected(interface)
    (labels,) = test.labels.T
    decided = test.task.decisions(test.y)[:, 0]
    kept = interface.decided(y_raw[golden.held_out])
    floats, integers = (
        macro_f1(labels, each, classes=network.output_count) for each in (decided, kept)
    )
    return floats, integers, float(np.mean(decided == kept))


if __name__ == "__main__":
    sys.exit(main())
