"""Reads a network from an ONNX file.

What each node computes is read by its operator and attributes, and the network is then compared
with onnx's own evaluator: `models.files.onnx_file`. Samples keep the file's own order.
"""

from dataclasses import replace
from pathlib import Path

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.network_folder import is_valid_name
from build_decoder.models.files.onnx_file.finish import finish
from build_decoder.models.files.onnx_file.follow import follow
from build_decoder.models.files.onnx_file.model_file import open_model
from build_decoder.models.files.onnx_file.proof import OnnxEvaluator, prove
from build_decoder.models.files.paths import require_file
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.network import Network
from build_decoder.models.onnx_import import import_onnx
from build_decoder.models.task import Kind, Task

__all__ = ["read_onnx"]

_CLASSES = Task((Kind.CLASSES,), source="the model ends in softmax")


def read_onnx(path: Path) -> Network:
    """The network in an ``.onnx`` file; its name is that of the file.

    Raises
    ------
    InputError
        The package onnx is not installed, the file is damaged or too large, or a node computes
        what no layer of ours does: the message names it.
    """
    require_file(path)
    if not is_valid_name(path.stem):
        expected = "1 to 64 letters, digits, '_', '-' and '.'"
        raise InputError.at(path, "file name", expected=expected, got=shown(path.stem))
    onnx = import_onnx(str(path))
    model = open_model(onnx, path)
    followed = follow(model)
    network, drafts = finish(path, followed)
    prove(OnnxEvaluator(onnx, model), model, followed, network, drafts)
    classes = isinstance(network.nodes[-1].layer, Softmax) and len(network.output_shape) == 1
    return replace(network, task=_CLASSES if classes else None)
