"""The nerve-cuff networks in integers: what quantisation costs them, and what it saves.

``python -m build_decoder.bench.nerve_cuff [--networks NAME ...]`` trains each network on one
simulated subject, by the recipe of docs/nerve_cuff.md, unless build/nerve_cuff has it already;
searches its formats on the validation part; and judges the integer model on the test part, which
neither training nor search has seen. ``bits`` is the average width of all signal nodes. Exits with
status 1 if a network loses more than 0.005 of macro F1, or a search takes more than 10 minutes.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.files.golden_file import GOLDEN_FILE
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.nerve_cuff.recordings.baseline import macro_f1
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.chosen import cells_of, data_of
from build_decoder.models.nerve_cuff.training.options import add_options
from build_decoder.models.nerve_cuff.training.trained import save_trained
from build_decoder.models.nerve_cuff.training.training import train_network
from build_decoder.models.rewrites import rewrite
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.quantise import SEARCHES, quantise

__all__ = ["RECIPES", "main"]

FOLDER = Path("build/nerve_cuff")

_COMMON = "--simulator simple --subjects 1 --seconds 72 --samples 480 --batch 8 --folds 1"
RECIPES = {
    "escape_tcn": "--epochs 48 --patience 8",
    "escape_net_mini": "--epochs 32 --patience 6 --rate-scale 4",
    "escape_fcn": "--epochs 24 --patience 6",
    "escape_rnn": "--epochs 36 --patience 8 --rates 0.01 0.002 --gain 2",
}
"""Options of the training of each network."""

_MOST_LOST = 0.005
_MOST_SECONDS = 600


def main(argv: Sequence[str] | None = None) -> int:
    """Print a row for each network; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.nerve_cuff", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--networks", nargs="+", choices=tuple(RECIPES), default=tuple(RECIPES), metavar="NAME",
        help=f"of {', '.join(RECIPES)} (all)",
    )
    parser.add_argument("--search", choices=SEARCHES, default=SEARCHES[0])
    return exit_status(
        lambda: _run(parser.parse_args(argv)), prefix="bench.nerve_cuff: "
    )


def _run(arguments: argparse.Namespace) -> int:
    print(f"{'network':16} {'float F1':>8} {'integer':>8} {'kept':>7} {'bits':>6} "
          f"{'weights, bits':>13} {'windows':>7} {'evaluations':>11} {'s':>5}")
    met = True
    for name in arguments.networks:
        met &= _row(name, arguments.search)
    return 0 if met else 1


def _row(name: str, search: str) -> bool:
    folder = FOLDER / name
    if not (folder / GOLDEN_FILE).exists():
        save_trained(train_network(_cell(name)), folder)
    network = load_network(folder)
    golden = load_golden(folder, network)
    rewrites = rewrite(network)
    rewritten, golden = rewrites.network, rewrites.golden_of(golden)
    start = time.perf_counter()
    found = quantise(rewritten, golden, cost=BitCost, search=search)
    seconds = time.perf_counter() - start
    test = golden.unseen
    (labels,) = test.labels.T
    classes = rewritten.output_count
    decided = test.task.decisions(test.y)[:, 0]
    kept = test.task.decisions(found.model.predict(test.x))[:, 0]
    scores = [macro_f1(labels, each, classes=classes) for each in (decided, kept)]
    print(
        f"{name:16} {scores[0]:8.4f} {scores[1]:8.4f} {np.mean(decided == kept):7.2%} "
        f"{found.model.average_bit_width():6.2f} {found.model.weight_bits:13,} "
        f"{len(golden.search):7} {found.search.evaluations:11} {seconds:5.0f}",
        flush=True,
    )
    return scores[0] - scores[1] <= _MOST_LOST and seconds <= _MOST_SECONDS


def _cell(name: str) -> Cell:
    parser = LineParser()
    add_options(parser)
    options = parser.parse_args([*_COMMON.split(), *RECIPES[name].split()])
    networks = {key: paper.network for key, paper in TABLE_1.items()}
    networks["escape_tcn"] = OWN_NETWORK
    (cell,) = cells_of(options, [networks[name]], data_of(options))
    return cell


if __name__ == "__main__":
    sys.exit(main())
