"""The options that training and exploration have in common, and the cells that they mean."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from build_decoder.models.arguments import filled_path, number, whole_number
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.training.baselines import Baseline
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.dataset import read_dataset
from build_decoder.models.nerve_cuff.training.runner import BACKENDS, Backend
from build_decoder.models.nerve_cuff.training.schedule import EPOCHS, PATIENCE, Network, schedule_of
from build_decoder.models.nerve_cuff.training.sources import grid_dataset, simulated_dataset
from build_decoder.models.nerve_cuff.training.training_set import AUGMENTATIONS

__all__ = ["FOLDS", "RESULTS", "Data", "add_options", "backend_of", "cells_of", "data_of"]

FOLDS = 3  # of the cross-validation (Section 2.1)
RESULTS = Path("build/escape/results.jsonl")

_SEED_LIMIT = 2**32 - 1


@dataclass(frozen=True)
class Data:
    """A data set's file, and what cells have to know of it."""

    path: str
    name: str
    digest: str
    cuff: NerveCuff
    own_test: bool


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of data, training and backend."""
    data = parser.add_argument_group("data")
    data.add_argument(
        "--subjects",
        type=whole_number(1, 1000),
        default=9,
        metavar="N",
        help="simulated subjects 1 to N; default: %(default)s, as the paper has",
    )
    data.add_argument(
        "--seconds",
        type=number(0.1, 300),
        default=120.0,
        help="length of each simulated recording; default: %(default)s",
    )
    data.add_argument(
        "--snr",
        type=number(-40, 60),
        default=14.0,
        metavar="DB",
        help="median of the simulated nCAPs; default: %(default)s, where ESCAPE-NET's macro F1 "
        "is near the paper's 0.75 after recordings of 72 s",
    )
    data.add_argument(
        "--signatures",
        type=filled_path,
        nargs="+",
        metavar="FILE.npz",
        help="in place of simulated subjects, files of `models.nerve_cuff.recordings signatures`",
    )
    data.add_argument(
        "--windows",
        type=filled_path,
        metavar="FILE.npz",
        help="in their place, X_train, y_train, X_test and y_test of a grid of contacts",
    )
    data.add_argument(
        "--cuff",
        type=whole_number(1, 1000),
        nargs=2,
        default=(7, 8),
        metavar=("RINGS", "CONTACTS"),
        help="geometry of --signatures or --windows; default: 7 8",
    )
    data.add_argument(
        "--folds",
        type=whole_number(1, FOLDS),
        default=FOLDS,
        metavar="N",
        help=f"how many of the {FOLDS} folds are trained; default: all",
    )
    training = parser.add_argument_group("training")
    training.add_argument(
        "--samples",
        type=whole_number(0, 10**6),
        default=10_000,
        metavar="N",
        help="signatures of a class that training sets are brought to; 0 leaves them as they "
        "are; default: %(default)s, as in the paper",
    )
    training.add_argument(
        "--augmentation",
        choices=AUGMENTATIONS,
        default="mean",
        help="fill up with class means and noise, as in the paper, or with shifted signatures",
    )
    training.add_argument(
        "--epochs",
        type=whole_number(1, 10**5),
        default=EPOCHS,
        metavar="N",
        help="of the whole network, at most; pre-training of a convolution has 25 or an eighth of "
        "N, whichever is less; default: %(default)s",
    )
    training.add_argument(
        "--patience",
        type=whole_number(1, 10**5),
        default=PATIENCE,
        metavar="N",
        help="epochs without a fall of the validation loss that end a stage; default: %(default)s",
    )
    training.add_argument(
        "--batch",
        type=whole_number(1, 10**5),
        default=32,
        metavar="N",
        help="signatures of a step; default: %(default)s",
    )
    training.add_argument(
        "--rate-scale",
        type=number(1e-6, 1e6),
        default=1.0,
        metavar="F",
        help="multiplies the learning rate of the last stage, for scaled-down runs, which have "
        "too few steps for the paper's; default: 1",
    )
    training.add_argument(
        "--rates",
        type=number(1e-9, 1e3),
        nargs="+",
        default=[],
        metavar="R",
        help="learning rates of the stages in place of those of each family; the last is that of "
        "all stages that are left",
    )
    training.add_argument(
        "--gain",
        type=number(1e-3, 1e3),
        default=1.0,
        metavar="F",
        help="factor on the signatures before they go into the network: in scaled-down runs deep "
        "networks begin to learn sooner; default: 1",
    )
    training.add_argument(
        "--seeds",
        type=whole_number(0, _SEED_LIMIT),
        nargs="+",
        default=[0],
        metavar="N",
        help="of everything random but the folds; default: 0",
    )
    run = parser.add_argument_group("run")
    run.add_argument(
        "--results",
        type=filled_path,
        default=RESULTS,
        metavar="FILE",
        help="where rows are appended, and finished cells are looked up; default: %(default)s",
    )
    run.add_argument(
        "--cache",
        type=filled_path,
        default=RESULTS.parent / "data",
        metavar="DIR",
        help="simulated data; default: %(default)s",
    )
    run.add_argument("--backend", choices=BACKENDS, default="loky", help="default: %(default)s")
    run.add_argument(
        "--jobs", type=whole_number(1, 10_000), default=1, metavar="N", help="cells at a time"
    )
    run.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask cluster for --backend dask"
    )


def backend_of(options: argparse.Namespace) -> Backend:
    """The backend that the options mean."""
    if options.scheduler and options.backend != "dask":
        raise InputError.at(
            "--scheduler", "", expected="--backend dask beside it", got=options.backend
        )
    return Backend(options.backend, options.jobs, options.scheduler)


def data_of(options: argparse.Namespace) -> list[Data]:
    """The data sets that the options mean; simulated ones are made where they are not there."""
    rings, contacts = options.cuff
    if options.windows is not None and options.signatures is not None:
        raise InputError.at(
            "--windows", "", expected="no --signatures beside it", got="both"
        )
    if options.windows is not None:
        cuff = None
        paths = [grid_dataset(options.windows, options.cache, rings=rings, contacts=contacts)]
    elif options.signatures is not None:
        cuff = NerveCuff(rings, contacts)
        paths = options.signatures
    else:
        cuff = None
        try:
            paths = [
                simulated_dataset(
                    subject, options.cache, seconds=options.seconds, snr_db=options.snr
                )
                for subject in range(1, options.subjects + 1)
            ]
        except ValueError as error:
            raise InputError(f"--seconds: {error}") from None
    found = []
    for path in paths:
        dataset = read_dataset(path, cuff=cuff)
        found.append(
            Data(
                str(path.resolve()),
                dataset.name,
                dataset.digest,
                dataset.cuff,
                bool(len(dataset.held_out)),
            )
        )
    return found


def cells_of(
    options: argparse.Namespace, networks: Iterable[Network | Baseline], data: Sequence[Data]
) -> list[Cell]:
    """A cell for each network, subject, fold and seed; networks take the data's geometry."""
    cells = []
    for network in networks:
        schedule = None
        if not isinstance(network, Baseline):
            schedule = schedule_of(
                network,
                epochs=options.epochs,
                batch=options.batch,
                patience=options.patience,
                rate_scale=options.rate_scale,
                rates=options.rates,
                gain=options.gain,
            )
        for seed in options.seeds:
            for one in data:
                folds = 1 if one.own_test else FOLDS
                for fold in range(1 if one.own_test else options.folds):
                    fitting = network
                    if schedule is not None:
                        fitting = replace(network, cuff=one.cuff)
                    cells.append(
                        Cell(
                            fitting,
                            one.name,
                            one.path,
                            one.digest,
                            folds,
                            fold,
                            options.samples,
                            options.augmentation,
                            seed,
                            schedule,
                        )
                    )
    return cells
