"""Training of a decoder of velocity: its folder, and golden data of sequences."""

from pathlib import Path

import numpy as np

from build_decoder.models.cursor.decoders import DECODERS, counted
from build_decoder.models.cursor.readout import r2
from build_decoder.models.cursor.recording import CursorModel, Session
from build_decoder.models.files.network_folder import save_network
from build_decoder.models.golden import GOLDEN_FILE
from build_decoder.models.network import Network

__all__ = ["STEPS", "inputs_of", "recorded", "train_cursor"]

STEPS = 200
"""Bins of a sequence: 10 s of 50 ms each."""

_SEQUENCES = {"train": 160, "validation": 20, "search": 8, "unseen": 8, "verified": 50}


def recorded(part: str, *, seed: int) -> Session:
    """Sequences for a purpose: ``train``, ``validation``, ``search`` and ``unseen`` of golden data,
    or ``verified``, 10,000 steps that are none of the others."""
    number = list(_SEQUENCES).index(part)
    return CursorModel(seed=seed).record(_SEQUENCES[part], STEPS, seed=number)


def inputs_of(name: str, session: Session) -> np.ndarray:
    """Inputs (sequences, steps, units) of the decoder called ``name``."""
    return counted(session.counts, DECODERS[name].bins)


def train_cursor(name: str, folder: Path, *, seed: int) -> None:
    """Train the zoo's decoder called ``name``, and write it with golden data into ``folder``.

    Raises
    ------
    InputError
        If it is trained with a library that is not installed.
    """
    train, validation = (recorded(part, seed=seed) for part in ("train", "validation"))
    network = DECODERS[name].train(name, train, validation, seed)
    save_network(network, folder)
    parts = [recorded(part, seed=seed) for part in ("search", "unseen")]
    x = np.concatenate([inputs_of(name, part) for part in parts]).reshape(-1, network.input_count)
    truth = np.concatenate([part.velocity for part in parts]).reshape(-1, 2)
    held_out = np.repeat([False, True], [part.velocity[..., 0].size for part in parts])
    y = _outputs(network, x)
    more = {"steps": np.array(STEPS)} if network.continuous else {}
    np.savez_compressed(
        folder / GOLDEN_FILE, x=x.astype(np.uint8), y=y.astype(np.float32),
        targets=truth.astype(np.float32), held_out=held_out, **more,
    )  # fmt: skip
    found = [r2(y[which], truth[which]).mean() for which in (~held_out, held_out)]
    print(
        f"{folder}: {network.topology}, R2 {found[0]:.4f} on {np.count_nonzero(~held_out)} steps "
        f"for the search, {found[1]:.4f} on {np.count_nonzero(held_out)} held-out ones"
    )


def _outputs(network: Network, x: np.ndarray) -> np.ndarray:
    return network.in_sequences(STEPS).forward(x)
