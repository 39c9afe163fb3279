"""Trains one cell and measures what it learnt."""

import time
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from build_decoder.models.architecture import Architecture
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.recordings.baseline import macro_f1
from build_decoder.models.nerve_cuff.training.baselines import Baseline, predict_baseline
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.dataset import Dataset, read_dataset
from build_decoder.models.nerve_cuff.training.fitting import Fitted, fit_network
from build_decoder.models.nerve_cuff.training.inputs import network_inputs
from build_decoder.models.nerve_cuff.training.results import Row
from build_decoder.models.nerve_cuff.training.schedule import Schedule
from build_decoder.models.nerve_cuff.training.tensorflow_setup import training_tensorflow
from build_decoder.models.nerve_cuff.training.tflite import predict_tflite
from build_decoder.models.nerve_cuff.training.trained import Trained
from build_decoder.models.nerve_cuff.training.training_set import Split, split
from build_decoder.models.resources import resources
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["train_cell", "train_network"]

_PREDICT_BATCH = 64


def train_cell(cell: Cell) -> Row:
    """Train a cell; returns its row of results: identity, settings of the training, figures.

    Accuracy and macro F1 are on the test part (Section 2.2), ``validation_loss`` is on the
    validation part, for choices that must not see the test part. ``tflite_accuracy`` and
    ``tflite_macro_f1`` are those of the TFLite file with 8-bit weights (Section 2.5), or of a
    baseline whose weights are rounded to 8 bits. In the row of a baseline, keys that only networks
    have are None.

    Raises
    ------
    InputError
        The data are not as they were, or too few, or TensorFlow is not installed.
    """
    dataset = _dataset(cell.path, cell.digest)
    started = time.perf_counter()
    parts = _split(cell, dataset)
    row = {
        "key": cell.key,
        **cell.identity(),
        "subject": cell.subject,
        "version": version("build_decoder"),
        "tensorflow": None,
        "train_signatures": len(parts.train[1]),
        "test_signatures": len(parts.test[1]),
    }
    if isinstance(cell.network, Baseline):
        row |= _baseline(cell.network, parts, dataset)
    else:
        row |= _network(cell, parts, dataset)
    return row | {"seconds": round(time.perf_counter() - started, 2)}


@lru_cache(maxsize=4)
def _dataset(path: str, digest: str) -> Dataset:
    dataset = read_dataset(Path(path))
    if dataset.digest != digest:
        raise InputError.at(
            path, "", expected=f"data of digest {digest[:12]}", got=dataset.digest[:12]
        )
    return dataset


def _baseline(baseline: Baseline, parts: Split, dataset: Dataset) -> Row:
    classes = dataset.cuff.classes
    judged = predict_baseline(
        baseline, parts.train, parts.validation, parts.test[0], classes=classes
    )
    return {
        **_scores("", parts.test[1], judged.predicted, classes),
        **_scores("tflite_", parts.test[1], judged.integer, classes),
        "weights": judged.weights,
        "macs": judged.macs,
        # Of a row that says everything about its training, none is left out.
        **dict.fromkeys(("epochs", "validation_loss", "flops", "profiled_flops")),
        **dict.fromkeys(("tflite_float_bytes", "tflite_bytes")),
    }


def train_network(cell: Cell) -> Trained:
    """The network of a cell, trained as `train_cell` trains it.

    Raises
    ------
    InputError
        As `train_cell`.
    """
    dataset = _dataset(cell.path, cell.digest)
    parts = _split(cell, dataset)
    fitting = _fitted(cell, parts, dataset)
    from build_decoder.models.keras_model import trained_network

    network = trained_network(fitting.architecture, fitting.fitted.model)
    return Trained.of(network, cell, parts, dataset)


def _split(cell: Cell, dataset: Dataset) -> Split:
    validation = (cell.schedule or Schedule(())).validation
    try:
        return split(cell, dataset, validation=validation)
    except ValueError as error:
        raise InputError(f"{cell.path}: {error}") from None


@dataclass(frozen=True)
class _Fitting:
    """A fitted architecture, and the values of its inputs on the test part, float32."""

    architecture: Architecture
    fitted: Fitted
    test: list[np.ndarray]


def _fitted(cell: Cell, parts: Split, dataset: Dataset) -> _Fitting:
    classes = dataset.cuff.classes
    seed = np.random.default_rng([3, cell.seed, cell.fold]).integers(2**31)
    tensorflow = training_tensorflow(int(seed))
    architecture = cell.network.architecture("network")
    train, validation, test = (
        network_inputs(architecture, cell.schedule.gain * part[0], dataset.cuff)
        for part in (parts.train, parts.validation, parts.test)
    )
    one_hot = np.eye(classes, dtype=np.float32)
    fitted = fit_network(
        tensorflow.keras,
        architecture,
        cell.schedule,
        (train, one_hot[parts.train[1]]),
        (validation, one_hot[parts.validation[1]]),
    )
    return _Fitting(architecture, fitted, test)


def _network(cell: Cell, parts: Split, dataset: Dataset) -> Row:
    classes = dataset.cuff.classes
    fitting = _fitted(cell, parts, dataset)
    architecture, fitted, test = fitting.architecture, fitting.fitted, fitting.test
    tensorflow = import_tensorflow("training")
    from build_decoder.models.keras_model import build_model, model_weights, set_model_weights
    from build_decoder.models.measure import convert_tflite

    def predicted(inputs: list[np.ndarray]) -> np.ndarray:
        x = inputs if len(inputs) > 1 else inputs[0]
        return fitted.model.predict(x, batch_size=_PREDICT_BATCH, verbose=0).argmax(axis=1)

    single = build_model(architecture, batch_size=1)
    set_model_weights(architecture, single, model_weights(architecture, fitted.model))
    files = {
        bits: convert_tflite(architecture, single, weight_bits=bits, batch_size=1)
        for bits in (32, 8)
    }
    names = [item.name for item in architecture.inputs]
    integer = predict_tflite(tensorflow, files[8], names, test).argmax(axis=1)
    need = resources(architecture)
    return {
        **_scores("", parts.test[1], predicted(test), classes),
        **_scores("tflite_", parts.test[1], integer, classes),
        "tensorflow": tensorflow.__version__,
        "epochs": fitted.epochs,
        "validation_loss": fitted.validation_loss,
        "tflite_float_bytes": len(files[32]),
        "tflite_bytes": len(files[8]),
        "weights": need.weights,
        "macs": need.macs,
        "flops": need.flops,
        "profiled_flops": need.profiled_flops,
    }


def _scores(prefix: str, labels: np.ndarray, predicted: np.ndarray, classes: int) -> Row:
    return {
        f"{prefix}accuracy": float(np.mean(labels == predicted)),
        f"{prefix}macro_f1": macro_f1(labels, predicted, classes=classes),
    }
