"""Trains a network and writes its metadata folder and golden data.

python -m build_decoder.models.train ahead_case1
python -m build_decoder.models.train cursor_esn
python -m build_decoder.models.train NAME --recording FILE.npz --hidden 20 --rectify --output DIR
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from build_decoder.models.arguments import LineParser, filled_path, whole_number
from build_decoder.models.command import exit_status
from build_decoder.models.cursor.decoders import DECODERS
from build_decoder.models.cursor.training import train_cursor
from build_decoder.models.files.network_folder import is_valid_name, save_network
from build_decoder.models.fit import Samples, TrainedNetwork, fit
from build_decoder.models.golden import GOLDEN_FILE
from build_decoder.models.limits import MAX_WIDTH
from build_decoder.models.recipes import RECIPES, LayerRecipe, TrainingOptions
from build_decoder.models.recording import read_recording, split_runs
from build_decoder.models.zoo import ZOO_FOLDER

__all__ = ["DEFAULT_SEED", "deal_trials", "main", "train_recipe", "train_recording"]

DEFAULT_SEED = 1

_TRIALS = {"train": 8000, "validation": 1000, "search": 2048, "unseen": 2048}
_SEARCH_FRACTION = 0.15  # of a recording's training windows
# Few and noisy windows, compared with the zoo's trials: regularise more.
_RECORDING_TRAINING = TrainingOptions(
    epochs=120, patience=30, input_noise=1.0, hidden_noise=0.1, weight_decay=1.0
)
_OVERLAP = 4  # windows apart from which two windows of a recording share no signal


def deal_trials(seed: int) -> dict[str, np.ndarray]:
    """Deal the trials of a session at random to the four parts, as indices into the session.

    The parts are ``train``, ``validation``, ``search`` and ``unseen``. At random, because the
    units drift in the course of a session.
    """
    counts = list(_TRIALS.values())
    order = np.random.default_rng(seed).permutation(sum(counts))
    return dict(zip(_TRIALS, np.split(order, np.cumsum(counts)[:-1]), strict=True))


def train_recipe(name: str, folder: Path, *, epochs: int | None, seed: int) -> None:
    """Train the zoo network called `name` and write it with its golden data into `folder`.

    Training leaves out the error trials, as an experimenter would, who sees what the animal
    did in the end; the golden data keeps them, labelled by the cue.
    """
    recipe = RECIPES[name]
    session = recipe.spikes.record(sum(_TRIALS.values()), seed=seed)
    parts = deal_trials(seed)

    def correct(part: np.ndarray) -> Samples:
        part = part[session.cue[part] == session.plan[part]]
        return Samples(session.counts[part].astype(np.float64), session.cue[part])

    trained = fit(
        name,
        recipe.layers,
        correct(parts["train"]),
        correct(parts["validation"]),
        options=_options(recipe.training, epochs),
        seed=seed,
    )
    golden = np.concatenate([parts["search"], parts["unseen"]])
    held_out = np.repeat([False, True], [len(parts["search"]), len(parts["unseen"])])
    _write(trained, Samples(session.counts[golden], session.cue[golden]), held_out, folder)


def train_recording(
    name: str,
    folder: Path,
    recording: Path,
    *,
    hidden: int,
    rectify: bool,
    epochs: int | None,
    seed: int,
) -> None:
    """Train an inputs-hidden-classes network with sigmoids on a recording and write it.

    The search part of the golden data comes from the training sessions (it is also what ends the
    training, but is not trained on); the held-out part is all of the test session.
    """
    windows = read_recording(recording, rectify=rectify)
    train, search = split_runs(windows.y_train, fraction=_SEARCH_FRACTION, gap=_OVERLAP)
    searched = Samples(windows.x_train[search], windows.y_train[search])
    trained = fit(
        name,
        (LayerRecipe(hidden, "sigmoid"), LayerRecipe(windows.classes, "sigmoid")),
        Samples(windows.x_train[train], windows.y_train[train]),
        searched,
        options=_options(_RECORDING_TRAINING, epochs),
        seed=seed,
    )
    golden = Samples(
        np.concatenate([searched.x, windows.x_test]),
        np.concatenate([searched.labels, windows.y_test]),
    )
    held_out = np.repeat([False, True], [len(search), len(windows.x_test)])
    _write(trained, golden, held_out, folder)


def _options(options: TrainingOptions, epochs: int | None) -> TrainingOptions:
    return options if epochs is None else replace(options, epochs=epochs)


def _write(trained: TrainedNetwork, golden: Samples, held_out: np.ndarray, folder: Path) -> None:
    save_network(trained.network, folder)
    y = trained.predict(golden.x)
    np.savez_compressed(
        folder / GOLDEN_FILE,
        x=_smallest(golden.x),
        y=y,
        labels=golden.labels.astype(np.uint8),
        held_out=held_out,
    )
    right = np.argmax(y, axis=1) == golden.labels
    print(
        f"{folder}: {trained.network.topology}, accuracy {right[~held_out].mean():.4f} on "
        f"{np.count_nonzero(~held_out)} samples for the search, {right[held_out].mean():.4f} on "
        f"{np.count_nonzero(held_out)} held-out ones"
    )


def _smallest(x: np.ndarray) -> np.ndarray:
    """`x` in bytes where that loses nothing, else in float32."""
    for dtype in (np.uint8, np.int8):
        if np.array_equal(x, np.clip(x, np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)):
            return x.astype(dtype)
    return x.astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    return exit_status(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.models.train", description="Train a decoder with Keras."
    )
    names = (*RECIPES, *DECODERS)
    parser.add_argument("name", help=f"one of {', '.join(names)}, or any with --recording")
    parser.add_argument(
        "--output", type=filled_path, metavar="DIR", help="default: the zoo's folder"
    )
    parser.add_argument("--seed", type=whole_number(0, 2**32 - 1), default=DEFAULT_SEED)
    parser.add_argument(
        "--epochs", type=whole_number(1, 100_000), help="at most; default: as in the recipe"
    )
    parser.add_argument("--recording", type=filled_path, metavar="FILE.npz", help="train on this")
    parser.add_argument(
        "--hidden",
        type=whole_number(1, MAX_WIDTH),
        default=20,
        help="hidden units with --recording",
    )
    parser.add_argument("--rectify", action="store_true", help="absolute values of a recording")
    options = parser.parse_args(arguments)
    if not is_valid_name(options.name):
        parser.error(f"expected a name of letters, digits, '_', '-' and '.', got {options.name!r}")
    if options.recording is None and options.name not in names:
        parser.error(f"expected a name of {', '.join(names)}, got {options.name!r}")
    if options.recording is not None and options.output is None:
        parser.error("expected --output beside --recording, got none")
    folder = options.output or ZOO_FOLDER / options.name
    if options.recording is None and options.name in DECODERS:
        if options.epochs is not None:
            parser.error(f"expected no --epochs for {options.name}, got {options.epochs}")
        train_cursor(options.name, folder, seed=options.seed)
    elif options.recording is None:
        train_recipe(options.name, folder, epochs=options.epochs, seed=options.seed)
    else:
        train_recording(
            options.name,
            folder,
            options.recording,
            hidden=options.hidden,
            rectify=options.rectify,
            epochs=options.epochs,
            seed=options.seed,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
