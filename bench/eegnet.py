"""Writes an EEGNet that was trained on rhythms in noise, and windows to check its decoder with.

``python -m build_decoder.bench.eegnet FOLDER`` writes ``eegnet.keras`` and ``golden.npz`` there.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.bench.keras_models import EEGNET
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["main", "windows"]

_SEED = 20260101
_CONTACTS, _SAMPLES, _RATE = 8, 128, 128
_RHYTHMS = (8.0, 12.0, 18.0, 26.0)  # Hz, one of each class
_TRAINED, _GOLDEN, _EPOCHS = 2048, 256, 8


def windows(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows (count, contacts, samples, 1) in standard deviations of the noise, and their classes.

    A class has a rhythm of its own that some contacts see more than others, at any phase.
    """
    seen = np.random.default_rng(_SEED).normal(0, 1, (len(_RHYTHMS), _CONTACTS))
    labels = rng.integers(0, len(_RHYTHMS), count)
    phases = rng.uniform(0, 2 * np.pi, (count, 1))
    times = np.arange(_SAMPLES) / _RATE
    rhythm = np.sin(2 * np.pi * np.array(_RHYTHMS)[labels, None] * times + phases)
    x = rng.normal(0, 1, (count, _CONTACTS, _SAMPLES))
    x += 0.4 * seen[labels][:, :, None] * rhythm[:, None]
    return x[..., None].astype(np.float32), labels


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = LineParser(prog="python -m build_decoder.bench.eegnet", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the files go")
    folder = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    keras = import_tensorflow("bench.eegnet").keras
    keras.utils.set_random_seed(_SEED)
    layers = [layer(keras.layers) for layer in EEGNET]
    model = keras.Sequential([keras.Input((_CONTACTS, _SAMPLES, 1)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(_SEED)
    model.fit(*windows(rng, _TRAINED), epochs=_EPOCHS, batch_size=64, verbose=0)
    model.save(folder / "eegnet.keras")
    x, labels = windows(rng, _GOLDEN)
    y = model.predict(x, verbose=0)
    np.savez(folder / "golden.npz", x=x, y=y, labels=labels)
    print(f"{np.mean(y.argmax(-1) == labels):.1%} of {_GOLDEN} windows")
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
