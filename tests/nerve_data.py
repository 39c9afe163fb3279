"""Small nerve-cuff data sets, and rows of results that no training made."""

from pathlib import Path

import numpy as np

from build_decoder.models.nerve_cuff import NerveCuff
from build_decoder.models.nerve_cuff.training import Cell, Dataset, save_dataset, schedule_of
from build_decoder.models.resources import resources

__all__ = ["CUFF", "made_row", "save_small_dataset", "small_dataset"]

CUFF = NerveCuff(rings=3, contacts=2, samples=12, classes=3)


def small_dataset(*, each: int = 20, held_out: bool = False, seed: int = 0) -> Dataset:
    """Three classes that are easy to tell apart: each has its peak at other samples."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), each)
    spatial = rng.normal(0, 0.1, (3 * each, CUFF.channels, CUFF.samples))
    for index, label in enumerate(labels):
        spatial[index, :, 4 * label : 4 * label + 4] += 1
    order = rng.permutation(len(labels))
    spatial, labels = spatial[order].astype(np.float32), labels[order]
    noise = rng.normal(0, 1, (30, CUFF.channels, CUFF.samples)).astype(np.float32)
    test = np.arange(len(labels)) % 3 == 0 if held_out else np.empty(0)
    return Dataset("small", CUFF, spatial, labels, noise, test)


def save_small_dataset(folder: Path, **options) -> tuple[Path, Dataset]:
    """Its file `small.npz` in `folder`, and the data set."""
    dataset = small_dataset(**options)
    path = folder / "small.npz"
    save_dataset(dataset, path)
    return path, dataset


def made_row(network, macro_f1: float, *, subject: int = 1, fold: int = 0, seed: int = 0) -> dict:
    """A row as training would write it, of made-up scores."""
    cell = Cell(
        network,
        subject=f"subject{subject}",
        path="absent.npz",
        digest=f"{subject:064x}",
        folds=3,
        fold=fold,
        samples=100,
        augmentation="mean",
        seed=seed,
        schedule=schedule_of(network, epochs=8),
    )
    need = resources(network.architecture("x"))
    return {
        "key": cell.key,
        **cell.identity(),
        "subject": cell.subject,
        "version": "0",
        "tensorflow": "0",
        "epochs": [1],
        "seconds": 1.0,
        "accuracy": macro_f1,
        "macro_f1": macro_f1,
        "validation_loss": 1 - macro_f1,
        "train_signatures": 300,
        "test_signatures": 150,
        "tflite_accuracy": macro_f1,
        "tflite_macro_f1": macro_f1 + 0.001,
        "tflite_float_bytes": 4 * need.weights,
        "tflite_bytes": need.weights,
        "weights": need.weights,
        "macs": need.macs,
        "flops": need.flops,
        "profiled_flops": need.profiled_flops,
    }
