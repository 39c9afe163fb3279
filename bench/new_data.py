"""How many decisions a decoder keeps on a recording that neither training nor search has seen.

python -m build_decoder.bench.new_data [RECORDING.npz]

Decoders of seven gestures are trained on one part of two sessions and judged on a third session.
Each is built with three kinds of golden data: the samples that it was trained on, with labels and
without, and samples of the same sessions that it was not trained on. ``kept`` are decisions of the
float network that the integer model makes too, in the third session; ``cost`` is the estimate of
LUTs + 50 DSPs + 100 RAMB36. Exits with status 1 if a decoder that was built with its training data
keeps less than 99 %.
"""

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from build_decoder.bench.networks import RECORDING
from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.fit import Samples, fit
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.recipes import LayerRecipe, TrainingOptions
from build_decoder.models.recording import RecordedWindows, read_recording, split_runs
from build_decoder.models.task import Kind, Task
from build_decoder.quant.quality import measure
from build_decoder.quant.quantise import quantise

__all__ = ["NETWORKS", "golden_of", "main", "trained"]

_LEAST_KEPT = 0.99
_OVERLAP = 4  # windows apart from which two windows share no signal

# Without noise and decay, and with no samples that end the training early: as people train who fit
# their training data.
_PLAIN = TrainingOptions(
    epochs=40, weight_decay=0.0, input_noise=0.0, hidden_noise=0.0, patience=40
)

NETWORKS = {
    "20 relu": (((20, "relu"), (7, "linear")), 1),
    "40 and 16 relu": (((40, "relu"), (16, "relu"), (7, "linear")), 2),
    "20 sigmoid": (((20, "sigmoid"), (7, "sigmoid")), 3),
}
"""Layers and seed of each network."""


def trained(
    windows: RecordedWindows, name: str, rows: np.ndarray, *, epochs: int = _PLAIN.epochs
) -> Network:
    """Network ``name`` of `NETWORKS`, trained on ``rows`` of the training sessions."""
    layers, seed = NETWORKS[name]
    samples = Samples(windows.x_train[rows], windows.y_train[rows])
    return fit(
        "myo",
        tuple(LayerRecipe(units, activation) for units, activation in layers),
        samples,
        samples,
        options=TrainingOptions(**{**vars(_PLAIN), "epochs": epochs}),
        seed=seed,
    ).network


def golden_of(network: Network, x: np.ndarray, labels: np.ndarray | None, seed=0) -> GoldenData:
    """Golden data with outputs in float32, a quarter of it held out."""
    held_out = np.random.default_rng(seed).random(len(x)) < 0.25
    y = network.forward(x).astype(np.float32).astype(np.float64)
    labels = None if labels is None else labels[:, None]
    return GoldenData(x, y, labels, held_out, Task((Kind.CLASSES,), source="bench"))


def main(arguments: list[str]) -> int:
    """Print a row for each network and each kind of golden data."""
    path = Path(arguments[0]) if arguments else RECORDING
    if not path.exists():
        print(f"{path}: no such recording")
        return 2
    windows = read_recording(path, rectify=True)
    train, validation = split_runs(windows.y_train, fraction=0.15, gap=_OVERLAP)
    print(f"{'network':16} {'golden data':22} {'right':>7} {'built':>12} {'bits':>5} {'cost':>6} "
          f"{'kept':>7} {'float':>7} {'integer':>8} {'s':>5}")
    met = True
    for name in NETWORKS:
        network = trained(windows, name, train)
        new = golden_of(network, windows.x_test, windows.y_test)
        for kind, rows, labelled in (
            ("trained on", train, True),
            ("trained on, no labels", train, False),
            ("not trained on", validation, True),
        ):
            labels = windows.y_train[rows]
            golden = golden_of(network, windows.x_train[rows], labels if labelled else None)
            right = np.mean(golden.task.decisions(golden.y)[:, 0] == labels)
            start = time.perf_counter()
            with threadpool_limits(limits=1, user_api="blas"):
                found = quantise(network, golden, cost=partial(AreaCost, family=DEFAULT))
            seconds = time.perf_counter() - start
            quality = measure(found.model, new)
            met &= quality.agreement >= _LEAST_KEPT or rows is validation
            print(
                f"{name:16} {kind:22} {right:7.2%} {found.model.topology:>12} "
                f"{found.model.average_bit_width():5.2f} "
                f"{AreaCost(found.search.network, DEFAULT)(found.search.formats):6.0f} "
                f"{quality.agreement:7.2%} {quality.float_accuracy:7.2%} {quality.accuracy:8.2%} "
                f"{seconds:5.1f}",
                flush=True,
            )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
