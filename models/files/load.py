"""Loads a network from whatever the user has: a name, a folder, a Keras or an ONNX file."""

import os
from pathlib import Path

from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_loader import read_keras
from build_decoder.models.files.network_folder import NETWORK_FILE, read_metadata, save_network
from build_decoder.models.files.onnx_loader import read_onnx
from build_decoder.models.files.paths import no_such
from build_decoder.models.network import Network
from build_decoder.models.zoo import zoo_names, zoo_path

__all__ = ["load_network", "save_network"]

_PICKLE = "a pickle, which may run code and is never read: write it by models.from_"
_OTHERS = {
    **dict.fromkeys((".h5", ".hdf5"), "HDF5: open it with Keras and save the model as .keras"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), f"{_PICKLE}sklearn"),
    **dict.fromkeys((".pt", ".pth"), f"{_PICKLE}torch, or export the module to ONNX"),
    ".tflite": "TFLite, whose weights are quantised already: give the model that it was made of",
}
"""What is said of files of models that are not read, by their suffix."""


def load_network(source: str | Path) -> Network:
    """The network that `source` names.

    Parameters
    ----------
    source:
        A network of the zoo by its name, a metadata folder, its ``network.json``, or a ``.keras``
        or ``.onnx`` file. A zoo name comes first: write ``./NAME`` for a folder of the same name.

    Raises
    ------
    InputError
        There is nothing there, or it is not as it must be. The message names the file and place.
    """
    if str(source) in zoo_names():
        return read_metadata(zoo_path(str(source)))
    path = Path(source)
    if os.path.isdir(path):
        return read_metadata(path)
    if path.name == NETWORK_FILE:
        return read_metadata(path.parent)
    if path.suffix == ".keras":
        return read_keras(path)
    if path.suffix == ".onnx":
        return read_onnx(path)
    raise InputError.at(
        source,
        "",
        expected=f"a metadata folder, a .keras or .onnx file, or one of {', '.join(zoo_names())}",
        got=_OTHERS.get(path.suffix.lower(), no_such(path)) if path.is_file() else no_such(path),
    )
