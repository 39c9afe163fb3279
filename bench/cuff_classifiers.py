"""The nerve-cuff networks and the baselines on simulated animals.

``python -m build_decoder.bench.cuff_classifiers`` trains each on 6 animals by 3 folds, at alignment
jitter 0, 4 and 6 and with causal processing, ESCAPE-NET on one animal, and prints tables in
Markdown: macro F1 with its standard deviation over animals. Rows go to
build/cuff/classifiers.jsonl; what is there already is not trained again, so a run that was stopped
goes on. ``--table`` prints what there is.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.models.arguments import LineParser, whole_number
from build_decoder.models.command import exit_status
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.nerve_cuff.table1 import TABLE_1
from build_decoder.models.nerve_cuff.training.baselines import BASELINES
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.chosen import cells_of, data_of
from build_decoder.models.nerve_cuff.training.options import add_options
from build_decoder.models.nerve_cuff.training.results import Row, read_rows
from build_decoder.models.nerve_cuff.training.runner import Backend, run_cells
from build_decoder.models.nerve_cuff.training.sources import simulation_of
from build_decoder.models.nerve_cuff.training.summary import title_of

__all__ = ["STEPS", "Step", "main", "tables"]

FOLDER = Path("build/cuff")
ANIMALS = 6

_COMMON = f"--subjects {ANIMALS} --seconds 72 --samples 320 --batch 16 --cache {FOLDER / 'data'}"
_SCHEDULES = {
    "majority_class": "",
    "logistic_regression": "",
    "svm_rbf": "",
    "escape_tcn": "--epochs 32 --patience 6",
    "escape_net_mini": "--epochs 20 --patience 5 --rate-scale 4",
    "escape_rnn": "--epochs 24 --patience 5 --rates 0.01 0.002 --gain 2",
    "escape_fcn": "--epochs 16 --patience 5 --batch 8",
    "escape_net": "--epochs 3 --patience 2 --batch 8 --rate-scale 6",
}
_QUICK = ("majority_class", "logistic_regression", "svm_rbf", "escape_tcn")
_SLOW = ("escape_net_mini", "escape_rnn", "escape_fcn")


@dataclass(frozen=True)
class Step:
    """Trainings of some networks on one fold of the same recordings.

    Parameters
    ----------
    networks:
        Names.
    fold:
        The part that is tested on.
    data:
        Options of the recordings.
    """

    networks: tuple[str, ...]
    fold: int
    data: str = ""


_JITTERS = ("", "--jitter 4", "--jitter 6")

_CAUSAL = "--causal"

# One fold of everything comes first, so that a run that is stopped has something of each.
STEPS = (
    *(Step(_QUICK, 0, data) for data in (*_JITTERS, _CAUSAL)),
    *(Step((name,), 0, data) for name in _SLOW for data in _JITTERS),
    Step(_SLOW[:1], 0, _CAUSAL),
    Step(("escape_net",), 0, "--subjects 1"),
    *(Step(_QUICK, fold, data) for data in (*_JITTERS, _CAUSAL) for fold in (1, 2)),
    *(Step(_SLOW, fold, data) for data in _JITTERS for fold in (1, 2)),
    *(Step(_SLOW[:1], fold, _CAUSAL) for fold in (1, 2)),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train what is missing, unless told not to, and print the tables; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.cuff_classifiers",
        description=__doc__.split("\n")[0],
    )
    parser.add_argument("--table", action="store_true", help="train nothing")
    parser.add_argument(
        "--steps", type=whole_number(1, len(STEPS)), default=len(STEPS), metavar="N",
        help=f"the first N of {len(STEPS)} steps; default: all",
    )
    return exit_status(
        lambda: _run(parser.parse_args(argv)), prefix="bench.cuff_classifiers: "
    )


def _run(options: argparse.Namespace) -> int:
    results = FOLDER / "classifiers.jsonl"
    if not options.table:
        for step in STEPS[: options.steps]:
            run_cells(list(_cells(step)), results, Backend("sequential"))
    for line in tables(read_rows(results)):
        print(line)
    return 0


def _cells(step: Step) -> Iterator[Cell]:
    networks = {key: paper.network for key, paper in TABLE_1.items()}
    networks |= {"escape_tcn": OWN_NETWORK} | {one.name: one for one in BASELINES}
    for name in step.networks:
        parser = LineParser()
        add_options(parser)
        options = parser.parse_args(f"{_COMMON} {_SCHEDULES[name]} {step.data}".split())
        cells = cells_of(options, [networks[name]], data_of(options))
        yield from (cell for cell in cells if cell.fold == step.fold)


def tables(rows: Sequence[Row]) -> Iterator[str]:
    """Lines of a table for each kind of data, from the rows that there are.

    A deviation is over animals, of the means over their folds.
    """
    kinds: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        kind = simulation_of(row["subject"])
        kinds.setdefault(kind, {}).setdefault(title_of(row["network"]), []).append(row)
    for kind, networks in kinds.items():
        yield f"\n{kind}\n"
        yield ("| | accuracy | macro F1, float32 | macro F1, 8 bits | ahead of logistic regression "
               "| weights | MACs | trainings |")
        yield "|---|---|---|---|---|---|---|---|"
        for title, members in networks.items():
            yield _line(title, members, networks.get("logistic regression", []))


def _line(title: str, rows: Sequence[Row], linear: Sequence[Row]) -> str:
    figures = (_spread(rows, name) for name in ("accuracy", "macro_f1", "tflite_macro_f1"))
    weights, macs = (f"{np.mean([row[name] for row in rows]):,.0f}" for name in ("weights", "macs"))
    return f"| {' | '.join((title, *figures, _ahead(rows, linear), weights, macs))} | {len(rows)} |"


def _spread(rows: Sequence[Row], figure: str) -> str:
    """Mean and, of several animals, standard deviation over them."""
    animals: dict[str, list[float]] = {}
    for row in rows:
        animals.setdefault(row["digest"], []).append(row[figure])
    means = [np.mean(values) for values in animals.values()]
    if len(means) < 2:
        return f"{means[0]:.3f}"
    return f"{np.mean(means):.3f} ± {np.std(means, ddof=1):.3f}"


def _ahead(rows: Sequence[Row], linear: Sequence[Row]) -> str:
    """Mean lead in macro F1 on the same data and folds, its error, and how often it leads."""
    other = {(row["digest"], row["fold"]): row["macro_f1"] for row in linear}
    pairs = [(row, other.get((row["digest"], row["fold"]))) for row in rows]
    leads = np.array([row["macro_f1"] - score for row, score in pairs if score is not None])
    if len(leads) < 2 or not leads.any():
        return ""
    error = leads.std(ddof=1) / np.sqrt(len(leads))
    return f"{leads.mean():+.3f} ± {error:.3f}, {np.count_nonzero(leads > 0)} of {len(leads)}"


if __name__ == "__main__":
    sys.exit(main())
