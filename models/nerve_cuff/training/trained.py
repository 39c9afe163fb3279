"""A trained nerve-cuff network and the signatures that it was judged on, as files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.models.files.atomic_file import write_atomically
from build_decoder.models.files.golden_file import GOLDEN_FILE
from build_decoder.models.files.network_folder import save_network
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.dataset import Dataset
from build_decoder.models.nerve_cuff.training.inputs import network_inputs
from build_decoder.models.nerve_cuff.training.training_set import Split
from build_decoder.models.network import Network

__all__ = ["Trained", "save_trained"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network, and the data that it was not trained on.

    Parameters
    ----------
    network:
        The network in floats.
    x:
        Its input, float32, (signatures, values): those of the validation part, then those of the
        test part.
    labels:
        Classes of these, int64, (signatures,).
    test:
        Which of them are of the test part, bool, (signatures,).
    """

    network: Network
    x: np.ndarray
    labels: np.ndarray
    test: np.ndarray

    @classmethod
    def of(cls, network: Network, cell: Cell, parts: Split, dataset: Dataset) -> "Trained":
        """The network that a cell has trained, and signatures, scaled as the network takes them."""
        (given,) = network.given_inputs
        place = network.inputs.index(given)
        inputs = [
            network_inputs(network, cell.schedule.gain * part[0], dataset.cuff)[place]
            for part in (parts.validation, parts.test)
        ]
        counts = [len(array) for array in inputs]
        return cls(
            network,
            np.concatenate([array.reshape(len(array), -1) for array in inputs]),
            np.concatenate([parts.validation[1], parts.test[1]]),
            np.repeat([False, True], counts),
        )


def save_trained(trained: Trained, folder: Path) -> None:
    """Write the network and golden data for it; the test part is held out from any search.

    Golden data is written last: where it is there, the network is too.
    """
    save_network(trained.network, folder)
    with write_atomically(folder / GOLDEN_FILE) as stream:
        np.savez_compressed(
            stream,
            x=trained.x,
            y=trained.network.forward(trained.x).astype(np.float32),
            labels=trained.labels,
            held_out=trained.test,
        )
