"""Writes a network folder of a PyTorch module, by way of an ONNX file among temporary files."""

import importlib
import tempfile
import warnings
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.network_folder import is_valid_name, save_network
from build_decoder.models.files.onnx_loader import read_onnx
from build_decoder.models.network import Network

__all__ = ["from_torch"]

_OPSET = 17


def from_torch(
    module: Any, example: Any, folder: Path | str, name: str | None = None
) -> Network:
    """Write the network folder of a module; the network, as it can be read from there.

    Parameters
    ----------
    module:
        A ``torch.nn.Module``. It is exported as it acts in use.
    example:
        One sample, a tensor of its only input, with the axis of samples, of size 1.
    folder:
        To be made; files of a network that is there are replaced.
    name:
        Of the network; that of the folder if it is None.

    Raises
    ------
    InputError
        The module computes what no layer does, or cannot be exported.
    """
    folder = Path(folder)
    name = name or folder.name
    if not is_valid_name(name):
        expected = "1 to 64 letters, digits, '_', '-' and '.'"
        raise InputError.at("name", "", expected=expected, got=shown(name))
    torch = importlib.import_module("torch")
    training = module.training
    with tempfile.TemporaryDirectory(prefix="build_decoder_") as temporary:
        path = Path(temporary) / f"{name}.onnx"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of sizes that are constants: they are meant to be
                torch.onnx.export(
                    module.eval(), (example,), str(path), opset_version=_OPSET, dynamo=False
                )
        except Exception as error:  # of many kinds
            got = f"{type(error).__name__}: {str(error)[:300]}"
            expected = "a module that torch.onnx can export"
            raise InputError.at(name, "", expected=expected, got=got) from None
        finally:
            module.train(training)
        try:
            network = read_onnx(path)
        except InputError as error:  # the file is none of the user's
            raise InputError(str(error).replace(str(path), name)) from None
    save_network(network, folder)
    return network
