"""Trains a grid of networks, and chooses among them by the paper's rule.

python -m build_decoder.models.nerve_cuff.explore --grid paper --subjects 3 --folds 1 \
    --samples 300 --epochs 20 --jobs 2
"""

import argparse
import sys
import time
from collections.abc import Sequence

from build_decoder.models.arguments import LineParser, number, whole_number
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError, shown
from build_decoder.models.nerve_cuff.explore.grids import GRIDS
from build_decoder.models.nerve_cuff.explore.paper_choices import PAPER_CHOICES
from build_decoder.models.nerve_cuff.explore.picks import THRESHOLD, Pick, describe_plain, picks
from build_decoder.models.nerve_cuff.training.chosen import backend_of, cells_of, data_of
from build_decoder.models.nerve_cuff.training.options import add_options
from build_decoder.models.nerve_cuff.training.runner import run_cells
from build_decoder.models.nerve_cuff.training.summary import print_summary, title_of
from build_decoder.models.resources import resources

__all__ = ["main"]

_ROW = "{:<38}{:>9}  {:<52}{}"


def _print_pick(one: Pick) -> None:
    chosen = "none above the threshold"
    if one.chosen is not None:
        summary = one.chosen
        chosen = f"{summary.title}: {summary.rows[0]['weights']:,}, {summary.mean('macro_f1'):.3f}"
    paper = PAPER_CHOICES.get((one.family, one.stage))
    print(
        _ROW.format(
            f"{one.family} {one.stage or 'in all'}",
            f"{one.trained}/{one.variants}",
            chosen,
            f"  paper: {title_of(describe_plain(paper))}" if paper else "",
        )
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.models.nerve_cuff.explore",
        description="Train a grid of nerve-cuff networks and choose among them.",
    )
    parser.add_argument("--grid", choices=tuple(GRIDS), default="paper")
    parser.add_argument(
        "--families",
        nargs="+",
        metavar="NAME",
        help="train these alone, such as Mini or RNN",
    )
    parser.add_argument(
        "--max-macs",
        type=whole_number(1, 10**12),
        metavar="N",
        help="leave out networks of more MACs, for 7 x 8 contacts and 100 samples",
    )
    parser.add_argument(
        "--threshold",
        type=number(0, 1),
        default=THRESHOLD,
        metavar="F1",
        help="macro F1 that a network has to exceed to be chosen; default: %(default)s",
    )
    add_options(parser)
    return exit_status(lambda: _run(parser.parse_args(arguments)))


def _run(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    backend = backend_of(options)
    variants = GRIDS[options.grid]()
    families = tuple(dict.fromkeys(variant.family for variant in variants))
    for family in options.families or ():
        if family not in families:
            expected = f"some of {', '.join(families)}"
            raise InputError.at("--families", "", expected=expected, got=shown(family))
    if options.families:
        variants = tuple(one for one in variants if one.family in options.families)
    networks = [
        network
        for network in dict.fromkeys(variant.network for variant in variants)
        if options.max_macs is None
        or resources(network.architecture("x")).macs <= options.max_macs
    ]
    if not networks:
        raise InputError.at(
            "--max-macs", "", expected="a network of no more", got=f"{options.max_macs}"
        )
    rows = run_cells(
        cells_of(options, networks, data_of(options)), options.results, backend
    )
    print_summary(rows, seconds=time.perf_counter() - started)
    print(f"\nFewest weights with a macro F1 above {options.threshold:g}:")
    for one in picks(variants, rows, threshold=options.threshold):
        _print_pick(one)
    return 0


if __name__ == "__main__":
    sys.exit(main())
