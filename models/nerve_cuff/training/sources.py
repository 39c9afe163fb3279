"""Where data sets come from: the simulator, files of signatures, and windows of a grid."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.files.numpy_file import npz_keys
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings import (
    SIMULATORS,
    CausalDetector,
    CuffModel,
    Detector,
    Recording,
    cuff_model,
    quiet_windows,
    signatures,
)
from build_decoder.models.nerve_cuff.recordings.gain import normalise
from build_decoder.models.nerve_cuff.training.dataset import Dataset, read_dataset, save_dataset
from build_decoder.models.recording import read_recording

__all__ = [
    "Simulation",
    "dataset_with_cuff",
    "grid_dataset",
    "simulated_dataset",
    "simulation_of",
]

_NOISE_WINDOWS = 500
_RECORDING_SEED = 1
_NAME = re.compile(r"(subject|animal)\d+_([^_]+)s_([^_]+dB)_(?:jitter(\d+)_)?(causal_)?[0-9a-f]{8}")


@dataclass(frozen=True)
class Simulation:
    """Simulated recordings, and what becomes of them.

    Parameters
    ----------
    seconds:
        Their length.
    simulator:
        Of `SIMULATORS`.
    snr_db:
        Median signal-to-noise ratio of the nCAPs; the simulator's own if None.
    jitter:
        Of the signatures, samples; see `signatures`.
    causal:
        Whether they are processed as a chip can do it (`CausalDetector`).
    """

    seconds: float
    simulator: str = SIMULATORS[0]
    snr_db: float | None = None
    jitter: int = 0
    causal: bool = False


def simulated_dataset(subject: int, folder: Path, simulation: Simulation) -> Path:
    """File of the signatures of a simulated subject; made in `folder` where it is not there.

    The name tells the parameters, all others by their digest.
    """
    model = cuff_model(simulation.simulator, subject, snr_db=simulation.snr_db)
    detector = CausalDetector() if simulation.causal else Detector()
    parameters = repr((model, detector, _NOISE_WINDOWS, _RECORDING_SEED))
    digest = hashlib.sha256(parameters.encode()).hexdigest()[:8]
    who = "subject" if simulation.simulator == "simple" else simulation.simulator
    level = "own" if simulation.snr_db is None else f"{simulation.snr_db:g}"
    jitter = f"jitter{simulation.jitter}_" if simulation.jitter else ""
    causal = "causal_" if simulation.causal else ""
    path = folder / (
        f"{who}{subject}_{simulation.seconds:g}s_{level}dB_{jitter}{causal}{digest}.npz"
    )
    if path.is_file():
        return path
    recording = _recorded(model, simulation.seconds)
    found = signatures(recording, detector, jitter=simulation.jitter, seed=_RECORDING_SEED)
    noise = quiet_windows(recording, detector, windows=_NOISE_WINDOWS, seed=_RECORDING_SEED)
    dataset = Dataset(
        path.stem, model.cuff, found.spatial, found.labels, noise, gain=detector.gain
    )
    save_dataset(dataset, path)
    return path


def dataset_with_cuff(path: Path, folder: Path, *, rings: int, contacts: int) -> Path:
    """The file of signatures `path`, or, where it does not say its cuff, a copy that does.

    Raises
    ------
    InputError
        It is no file of signatures, or of another cuff.
    """
    dataset = read_dataset(path, cuff=NerveCuff(rings, contacts))
    if "cuff" in npz_keys(path):
        return path
    made = folder / f"{path.stem}_{rings}x{contacts}.npz"
    save_dataset(dataset, made)
    return made


@lru_cache(maxsize=1)
def _recorded(model: CuffModel, seconds: float) -> Recording:
    """A subject's recording; several data sets in a row may come of one."""
    return model.record(seconds, seed=_RECORDING_SEED)


def simulation_of(name: str) -> str:
    """Simulator, length and so on, such as ``24 s, 15 dB``, in the name of simulated data."""
    found = _NAME.fullmatch(name)
    if not found:
        return ""
    who, seconds, level, jitter, causal = found.groups()
    told = [
        f"{seconds} s",
        "each animal's own level" if level == "owndB" else f"{level[:-2]} dB",
        *(["animals"] if who == "animal" else []),
        *([f"jitter {jitter}"] if jitter else []),
        *(["causal"] if causal else []),
    ]
    return ", ".join(told)


def grid_dataset(path: Path, folder: Path, *, rings: int, contacts: int) -> Path:
    """File of the windows of a grid of contacts as a data set with a test set of its own.

    Parameters
    ----------
    path:
        ``X_train``, ``X_test`` (windows, channels, samples) and ``y_train``, ``y_test``, as
        `models.recording` reads them.
    folder:
        Where the data set is written.
    rings, contacts:
        Rows of the grid, which lie along the fibres as the rings of a cuff do along its nerve,
        and columns. Where the recording has all contacts, they are taken ring by ring. Where one
        is missing, it is read as a grid of surface electrodes that is wired column by column, up
        and down in turn, from a corner without a contact. That one gets the mean of its
        neighbours in the grid.

    Raises
    ------
    InputError
        The file is missing or holds something else, or its channels do not make the grid.
    """
    windows = read_recording(path, rectify=False)
    places = rings * contacts
    with np.load(path) as file:
        channels = file["X_train"].shape[1]
    if channels not in (places, places - 1):
        raise InputError.at(
            path,
            "X_train",
            expected=f"{places} channels of a {rings} x {contacts} grid, or one fewer",
            got=str(channels),
        )
    flat = np.concatenate([windows.x_train, windows.x_test]).astype(np.float32)
    signals = flat.reshape(len(flat), channels, -1)
    if channels < places:
        signals = _on_snake(signals, rings, contacts)
    labels = np.concatenate([windows.y_train, windows.y_test])
    if windows.classes < 2:
        raise InputError.at(path, "y_train", expected="at least 2 classes", got="1")
    dataset = Dataset(
        path.stem,
        NerveCuff(rings, contacts, signals.shape[2], windows.classes),
        normalise(signals),
        labels,
        held_out=np.arange(len(labels)) >= len(windows.y_train),
    )
    made = folder / f"{path.stem}_{rings}x{contacts}.npz"
    if not made.is_file() or read_dataset(made).digest != dataset.digest:
        save_dataset(dataset, made)
    return made


def _on_snake(signals: np.ndarray, rings: int, contacts: int) -> np.ndarray:
    """(windows, rings * contacts - 1, samples) in the order of wiring, ring by ring and whole."""
    place = np.arange(rings * contacts).reshape(contacts, rings)
    place[::2] = place[::2, ::-1]  # the first column runs backwards, to the absent corner's ring
    grid = place.T  # place in the wiring of each ring and contact; the absent one is 0
    whole = np.concatenate([np.zeros_like(signals[:, :1]), signals], axis=1)
    ring, contact = np.argwhere(grid == 0)[0]
    near = [
        grid[r, c]
        for r in range(rings)
        for c in range(contacts)
        if max(abs(r - ring), abs(c - contact)) == 1
    ]
    whole[:, 0] = whole[:, near].mean(axis=1)
    return np.ascontiguousarray(whole[:, grid.reshape(-1)])
