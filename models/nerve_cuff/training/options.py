"""The options that training and exploration have in common."""

import argparse
from pathlib import Path

from build_decoder.models.arguments import filled_path, number, whole_number
from build_decoder.models.nerve_cuff.recordings import SIMULATORS
from build_decoder.models.nerve_cuff.training.runner import BACKENDS
from build_decoder.models.nerve_cuff.training.schedule import EPOCHS, PATIENCE
from build_decoder.models.nerve_cuff.training.training_set import AUGMENTATIONS

__all__ = ["FOLDS", "RESULTS", "SIMPLE_SNR_DB", "add_options"]

SIMPLE_SNR_DB = 14.0  # of the simple simulator
FOLDS = 3  # of the cross-validation (Section 2.1)
RESULTS = Path("build/escape/results.jsonl")

_SEED_LIMIT = 2**32 - 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of data, training and run, in groups of these names."""
    _add_data(parser.add_argument_group("data"))
    training = parser.add_argument_group("training")
    _add_training_set(training)
    _add_fitting(training)
    _add_run(parser.add_argument_group("run"))


def _add_data(group) -> None:
    """Recordings: simulated or given, and their folds."""
    group.add_argument(
        "--subjects",
        type=whole_number(1, 1000),
        default=9,
        metavar="N",
        help="simulated subjects 1 to N; default: %(default)s, as the paper has",
    )
    group.add_argument(
        "--seconds",
        type=number(0.1, 300),
        default=120.0,
        help="length of each simulated recording; default: %(default)s",
    )
    group.add_argument(
        "--snr",
        type=number(-40, 60),
        metavar="DB",
        help="median of the simulated nCAPs; default: each animal's own, and "
        f"{SIMPLE_SNR_DB:g} of the simple simulator, where ESCAPE-NET's macro F1 is near the "
        "paper's 0.75 after recordings of 72 s",
    )
    group.add_argument(
        "--simulator",
        choices=SIMULATORS,
        default=SIMULATORS[0],
        help="animals that differ, with nCAPs that spread and overlap, or the simple one; "
        "default: %(default)s",
    )
    group.add_argument(
        "--jitter",
        type=whole_number(0, 20),
        default=0,
        metavar="N",
        help="move each simulated signature at random by at most N samples; default: 0",
    )
    group.add_argument(
        "--causal",
        action="store_true",
        help="filter, find and scale simulated nCAPs as a chip can while samples come",
    )
    group.add_argument(
        "--signatures",
        type=filled_path,
        nargs="+",
        metavar="FILE.npz",
        help="in place of simulated subjects, files of `models.nerve_cuff.recordings signatures`",
    )
    group.add_argument(
        "--windows",
        type=filled_path,
        metavar="FILE.npz",
        help="in their place, X_train, y_train, X_test and y_test of a grid of contacts",
    )
    group.add_argument(
        "--cuff",
        type=whole_number(1, 1000),
        nargs=2,
        metavar=("RINGS", "CONTACTS"),
        help="geometry of --windows, and of --signatures of files that do not say theirs",
    )
    group.add_argument(
        "--folds",
        type=whole_number(1, FOLDS),
        default=FOLDS,
        metavar="N",
        help=f"how many of the {FOLDS} folds are trained; default: all",
    )


def _add_training_set(group) -> None:
    """How training sets are filled up, and seeds."""
    group.add_argument(
        "--samples",
        type=whole_number(0, 10**6),
        default=10_000,
        metavar="N",
        help="signatures of a class that training sets are brought to; 0 leaves them as they "
        "are; default: %(default)s, as in the paper",
    )
    group.add_argument(
        "--augmentation",
        choices=AUGMENTATIONS,
        default="mean",
        help="fill up with class means and noise, as in the paper, or with shifted signatures",
    )
    group.add_argument(
        "--seeds",
        type=whole_number(0, _SEED_LIMIT),
        nargs="+",
        default=[0],
        metavar="N",
        help="seeds of everything random but the folds; default: 0",
    )


def _add_fitting(group) -> None:
    """Epochs, batches and learning rates."""
    group.add_argument(
        "--epochs",
        type=whole_number(1, 10**5),
        default=EPOCHS,
        metavar="N",
        help="most epochs of the whole network; pre-training of a convolution has 25 or an eighth "
        "of N, whichever is less; default: %(default)s",
    )
    group.add_argument(
        "--patience",
        type=whole_number(1, 10**5),
        default=PATIENCE,
        metavar="N",
        help="epochs without a fall of the validation loss that end a stage; default: %(default)s",
    )
    group.add_argument(
        "--batch",
        type=whole_number(1, 10**5),
        default=32,
        metavar="N",
        help="signatures of a step; default: %(default)s",
    )
    group.add_argument(
        "--rate-scale",
        type=number(1e-6, 1e6),
        default=1.0,
        metavar="F",
        help="multiplies the learning rate of the last stage, for scaled-down runs, which have "
        "too few steps for the paper's; default: 1",
    )
    group.add_argument(
        "--rates",
        type=number(1e-9, 1e3),
        nargs="+",
        default=[],
        metavar="R",
        help="learning rates of the stages in place of those of each family; the last is that of "
        "all stages that are left",
    )
    group.add_argument(
        "--gain",
        type=number(1e-3, 1e3),
        default=1.0,
        metavar="F",
        help="factor on the signatures before they go into the network: in scaled-down runs deep "
        "networks begin to learn sooner; default: 1",
    )


def _add_run(group) -> None:
    """Files and processes."""
    group.add_argument(
        "--results",
        type=filled_path,
        default=RESULTS,
        metavar="FILE",
        help="where rows are appended, and finished cells are looked up; default: %(default)s",
    )
    group.add_argument(
        "--cache",
        type=filled_path,
        default=RESULTS.parent / "data",
        metavar="DIR",
        help="simulated data; default: %(default)s",
    )
    group.add_argument("--backend", choices=BACKENDS, default="loky", help="default: %(default)s")
    group.add_argument(
        "--jobs", type=whole_number(1, 10_000), default=1, metavar="N", help="cells at a time"
    )
    group.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask cluster for --backend dask"
    )
