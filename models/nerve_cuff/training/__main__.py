"""Trains the nerve-cuff networks by cross-validation, a row of results for each training.

python -m build_decoder.models.nerve_cuff.training --subjects 3 --seconds 40 --samples 300 \
    --epochs 20 --jobs 2
"""

import argparse
import sys
import time
from collections.abc import Sequence

from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.nerve_cuff.training.baselines import BASELINES
from build_decoder.models.nerve_cuff.training.chosen import backend_of, cells_of, data_of
from build_decoder.models.nerve_cuff.training.options import add_options
from build_decoder.models.nerve_cuff.training.runner import run_cells
from build_decoder.models.nerve_cuff.training.summary import print_summary

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    named = {name: paper.network for name, paper in TABLE_1.items()}
    named["escape_tcn"] = OWN_NETWORK
    named |= {baseline.name: baseline for baseline in BASELINES}
    parser = LineParser(
        prog="python -m build_decoder.models.nerve_cuff.training",
        description="Train the nerve-cuff networks by cross-validation.",
    )
    parser.add_argument(
        "--networks",
        nargs="+",
        choices=tuple(named),
        default=tuple(named),
        metavar="NAME",
        help=f"of {', '.join(named)}; default: all",
    )
    add_options(parser)
    return exit_status(lambda: _run(parser.parse_args(arguments), named))


def _run(options: argparse.Namespace, named: dict) -> int:
    started = time.perf_counter()
    backend = backend_of(options)
    cells = cells_of(options, [named[name] for name in options.networks], data_of(options))
    rows = run_cells(cells, options.results, backend)
    print_summary(rows, seconds=time.perf_counter() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
