"""Reads a network from a ``.keras`` file.

What a layer computes is read from its settings, by name, and then compared with Keras:
`models.files.keras_file`. Layers that act in training only are left out. A chain of dense layers is
read as that: each activation layer belongs to the Dense before it, and a softmax at the end is read
as linear, as the largest output, and so the decision, is the same. Of any other model all layers
are kept, a softmax too.
"""

import importlib
import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.keras_file.archive import KerasArchive, pack, unpack
from build_decoder.models.files.keras_file.chain import Step, is_chain, make_steps
from build_decoder.models.files.keras_file.config import read_layers
from build_decoder.models.files.keras_file.graph import Graph, make_graph
from build_decoder.models.files.keras_file.graph_proof import prove_graph
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.loadable import find_layer, for_use
from build_decoder.models.files.keras_file.operations import as_kinds, as_layers
from build_decoder.models.files.keras_file.proof import prove
from build_decoder.models.files.keras_file.views.evaluator import KerasEvaluator
from build_decoder.models.files.keras_file.views.follow import follow_views, plan_views
from build_decoder.models.files.keras_file.weights import count_weights
from build_decoder.models.files.network_folder import is_valid_name
from build_decoder.models.files.onnx_file.finish import finish
from build_decoder.models.files.onnx_file.model_file import ModelInput
from build_decoder.models.files.onnx_file.proof import ReadModel
from build_decoder.models.files.onnx_file.proof import prove as prove_views
from build_decoder.models.files.paths import require_file
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.limits import MAX_MAGNITUDE
from build_decoder.models.network import Network
from build_decoder.models.task import Kind, Task
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["read_keras"]

_CLASSES = Task((Kind.CLASSES,), source="the model ends in softmax")


def read_keras(path: Path) -> Network:
    """The network in a ``.keras`` file; its name is that of the file.

    Raises
    ------
    InputError
        TensorFlow is not installed, the file is damaged, too large or needs code of its own to
        load, or the model has a layer or a setting that is none of the above: the message names it.
    """
    require_file(path)
    if not is_valid_name(path.stem):
        raise InputError.at(
            path,
            "file name",
            expected="1 to 64 letters, digits, '_', '-' and '.'",
            got=shown(path.stem),
        )
    archive = unpack(path)
    archive = replace(archive, config=as_layers(archive.config))
    layers = read_layers(path, as_kinds(archive.config))
    try:
        steps = make_steps(layers) if is_chain(layers) else None
        graph = None if steps else make_graph(path, path.stem, layers)
    except InputError:
        # A layer is none of ours, but may cut or move what those beside it give.
        return _read_views(path, archive, layers)
    return _read_chain(path, archive, steps) if steps else _read_graph(path, archive, graph)


def _read_chain(path: Path, archive: KerasArchive, steps: tuple[Step, ...]) -> Network:
    _check_stored(path, archive, sum(step.order.size * step.units for step in steps))
    keras = import_tensorflow(str(path)).keras
    model = _load(keras, path, archive)
    layers = [_dense(keras, path, find_layer(model, step.dense), step) for step in steps]
    task = _CLASSES if steps[-1].softmax else None
    network = Network.chain(path.stem, steps[0].order.size, layers, task)
    prove(path, keras, model, steps, network)
    return network


def _read_graph(path: Path, archive: KerasArchive, graph: Graph) -> Network:
    keras, model = _load_exactly(path, archive, graph.stored)
    network = graph.network(keras, model)
    _check_weights(path, network)
    prove_graph(path, keras, model, graph, network)
    return _with_task(network)


def _read_views(path: Path, archive: KerasArchive, layers: tuple[LayerConfig, ...]) -> Network:
    plan = plan_views(layers)
    keras, model = _load_exactly(path, archive, plan.stored)
    with np.errstate(all="ignore"):  # a variance may be negative
        followed = follow_views(plan, keras, model)
    network, drafts = finish(path, followed)
    inputs = [layer.name for layer in plan.layers if layer.name not in plan.readings]
    read = ReadModel(
        path,
        tuple(ModelInput(name, plan.shapes[name], 0, free=True) for name in inputs),
        plan.layers[-1].name,
    )
    evaluator = KerasEvaluator(path, keras, model, inputs, read.output)
    prove_views(evaluator, read, followed, network, drafts)
    return _with_task(network)


def _with_task(network: Network) -> Network:
    classes = isinstance(network.nodes[-1].layer, Softmax) and len(network.output_shape) == 1
    return replace(network, task=_CLASSES if classes else None)


def _load_exactly(path: Path, archive: KerasArchive, stored: int) -> tuple[ModuleType, Any]:
    """Keras, and the model in float64: what differs then is not rounding."""
    _check_stored(path, archive, stored)
    keras = import_tensorflow(str(path)).keras
    importlib.import_module("build_decoder.models.keras_layers")  # registers them
    return keras, _load(keras, path, archive, dtype="float64")


def _check_weights(path: Path, network: Network) -> None:
    for node in network.nodes:
        _check_finite(path, node.name, *node.weights.values())


def _check_stored(path: Path, archive: KerasArchive, wanted: int) -> None:
    """Raise `InputError` where Keras would allocate more weights than the file has."""
    stored = count_weights(path, archive.weights)
    if stored < wanted:
        raise InputError.at(
            path, "model.weights.h5", expected=f"{wanted} weights or more", got=str(stored)
        )


def _load(keras: ModuleType, path: Path, archive: KerasArchive, dtype: str | None = None) -> Any:
    """The Keras model, loaded from a copy that has nothing but the checked parts of the file."""
    try:
        with tempfile.TemporaryDirectory(prefix="build_decoder_") as folder:
            copy = Path(folder) / "model.keras"
            pack(for_use(archive.config, dtype), archive.weights, copy)
            return _open(keras, path, copy)
    except OSError as error:
        raise InputError.at(
            path, "", expected="room for a copy among temporary files", got=str(error.strerror)
        ) from None


def _open(keras: ModuleType, path: Path, copy: Path) -> Any:
    try:
        return keras.models.load_model(copy, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever it meets
        raise InputError.at(
            path,
            "",
            expected="a Keras model of standard layers",
            got=f"{type(error).__name__}: {str(error)[:300]}",
        ) from None


def _dense(
    keras: ModuleType, path: Path, layer: Any, step: Step
) -> tuple[Dense, dict[str, np.ndarray]]:
    weights = np.asarray(keras.ops.convert_to_numpy(layer.kernel), dtype=np.float64)
    bias = np.zeros(step.units)
    if layer.use_bias:
        bias = np.asarray(keras.ops.convert_to_numpy(layer.bias), dtype=np.float64)
    _check_finite(path, layer.name, weights, bias)
    ordered = np.empty_like(weights)
    ordered[step.order] = weights  # of the inputs in their own order
    return Dense(step.units, step.activation), {"weights": ordered, "bias": bias}


def _check_finite(path: Path, name: str, *arrays: np.ndarray) -> None:
    for array in arrays:
        if not (np.abs(array) <= MAX_MAGNITUDE).all():  # false for NaN
            raise InputError.at(
                path,
                f"layer {name!r}",
                expected=f"finite weights and biases of at most {MAX_MAGNITUDE:.0e}",
                got="larger ones, NaN or infinity",
            )
