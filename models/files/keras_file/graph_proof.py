"""Compares a network with the Keras model that it was read from, whatever its layers.

Keras computes in float64 here, so that rounding hides nothing: its layers keep their float32
weights. Each layer of the network gets seeded inputs that drive its sums to sizes from 0.3 to 300,
so that caps, slopes and thresholds show, and must agree with its Keras layers more closely than a
float32 can tell. Then Keras's layers, run in the order and on what the network's nodes take, must
give what the model gives.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.architecture import Node
from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_file.graph import Graph
from build_decoder.models.files.keras_file.loadable import find_layer
from build_decoder.models.files.keras_file.part import Part
from build_decoder.models.layer import Layer, Shape
from build_decoder.models.layers import type_of
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.network import Network
from build_decoder.models.recurrent import RecurrentLayer

__all__ = ["prove_graph"]

_SEED = 20260101
_SUMS = (0.3, 3.0, 30.0, 300.0)  # standard deviations of a layer's sums before its activation
_ROWS = 16  # of each, where that is no work
_MOST_VALUES = 2**20  # of all samples of a layer together
_MOST_MACS = 2**27
_TOLERANCE = float(np.finfo(np.float32).eps)  # in parts of 1 + |value|
_GREATEST = float(np.finfo(np.float32).max)
_LEAST_NORM = 1e-6  # of a unit's weights, where they are all but zero
_STEPS = 3  # of a recurrent layer: errors of rounding grow from each to the next


def prove_graph(path: Path, keras: ModuleType, model: Any, graph: Graph, network: Network) -> None:
    """Raise `InputError` unless `network` computes the same as `model`, in float64.

    Parameters
    ----------
    path:
        The file that the model was read from, for the error messages.
    graph:
        What the nodes of `network` stand for.
    """
    rng = np.random.default_rng(_SEED)
    nodes = {node.name: node for node in network.nodes}
    with keras.device("cpu:0"), np.errstate(all="ignore"):
        for part in graph.parts:
            first, *others = (nodes[name] for name in part.nodes)
            shapes = [_enough(first.layer, shape) for shape in network.input_shapes(first)]
            tensors = _inputs(first, shapes, rng)
            values = first.run(tensors)
            for node in others:
                values = node.run([values])
            _compare(path, part, first, _run(path, keras, model, part, tensors), values)
        _compare_whole(path, keras, model, graph, network, rng)


def _enough(layer: Layer, shape: Shape) -> Shape:
    """Shape of a sample that is large enough to show all that `layer` does."""
    if isinstance(layer, RecurrentLayer | Bidirectional):
        return (min(shape[0], _STEPS), shape[1])
    if isinstance(layer, Conv2d):  # windows at both edges, and whole ones between
        rows, columns, channels = shape
        most = [2 * length for length in layer.kernel]
        return (min(rows, most[0]), min(columns, most[1]), channels)
    return shape


def _inputs(node: Node, shapes: Sequence[Shape], rng: np.random.Generator) -> list[np.ndarray]:
    """Inputs of `node` for sums of all the sizes, (samples, \\*shape) each."""
    values = max(map(math.prod, [*shapes, node.layer.output_shape(shapes)]))
    rows = _rows(values, node.layer.cost(shapes).macs)
    tensors = []
    for shape in shapes:
        x = _samples(rng, rows, shape)
        if isinstance(node.layer, Affine):  # about where it gives zero
            scale, shift = node.weights["scale"], node.weights["shift"]
            x = (x - shift) / np.where(np.abs(scale) > _LEAST_NORM, scale, 1)
        tensors.append(x / _norm(node.weights))
    return tensors


def _rows(values: int, macs: int) -> int:
    """Samples of each size, where one takes so much memory and work."""
    most = min(_MOST_VALUES // values, _MOST_MACS // max(macs, 1)) // len(_SUMS)
    return min(max(most, 1), _ROWS)


def _samples(rng: np.random.Generator, rows: int, shape: Shape) -> np.ndarray:
    """Samples of all the sizes, (samples, \\*shape)."""
    size = np.repeat(_SUMS, rows).reshape(-1, *[1] * len(shape))
    return rng.normal(size=(size.size, *shape)) * size


def _norm(weights: Mapping[str, np.ndarray]) -> float:
    """Size of a sum of products with inputs of size 1; 1 where there are no such sums."""
    kernels = [array for key, array in weights.items() if key.endswith("weights")]
    if not kernels:
        return 1.0
    squares = [np.square(kernel).sum(axis=tuple(range(kernel.ndim - 1))) for kernel in kernels]
    return max(float(np.sqrt(np.mean(squares))), _LEAST_NORM)


def _run(
    path: Path, keras: ModuleType, model: Any, part: Part, tensors: Sequence[np.ndarray]
) -> np.ndarray:
    """Output of the Keras layers of `part`, in Keras's axes."""
    given = []
    for tensor, shape in zip(tensors, part.shapes, strict=True):
        # Of time steps fewer may have come, and as an image of one column.
        shape = (tensor.shape[1], shape[1]) if len(shape) == 2 else tensor.shape[1:]
        given.append(tensor.reshape(len(tensor), *shape))
    layers = [find_layer(model, name) for name in part.layers]
    return _call(path, keras, layers, given)


def _call(
    path: Path, keras: ModuleType, layers: Sequence[Any], given: Sequence[np.ndarray]
) -> np.ndarray:
    tensors = [keras.ops.convert_to_tensor(array, dtype="float64") for array in given]
    values = tensors if len(tensors) > 1 else tensors[0]
    try:
        for layer in layers:
            values = layer(values)
        return np.asarray(keras.ops.convert_to_numpy(values), dtype=np.float64)
    except Exception as error:  # Keras raises whatever it meets
        raise InputError.at(
            path,
            f"layer {layer.name!r}",
            expected="one that Keras can run, to compare what was read with it",
            got=f"{type(error).__name__}: {str(error)[:300]}",
        ) from None


def _agree(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    # What a float32 cannot hold is infinite to Keras.
    values, wanted = (np.clip(array, -_GREATEST, _GREATEST) for array in (values, wanted))
    return np.isclose(values, wanted, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True)


def _compare(path: Path, part: Part, node: Node, wanted: np.ndarray, values: np.ndarray) -> None:
    if wanted.size == values.size:
        wanted = wanted.reshape(values.shape)
        agree = _agree(values, wanted)
        if agree.all():
            return
        place = tuple(np.argwhere(~agree)[0])
        expected = f"{wanted[place]:.7g}, as Keras computes"
        got = f"{values[place]:.7g} from the {type_of(node.layer).name} that was read"
    else:
        expected = f"{wanted.size} values, as Keras computes"
        got = f"{values.size} from the {type_of(node.layer).name} that was read"
    raise InputError.at(path, f"layer {part.name!r}", expected=expected, got=got)


def _compare_whole(
    path: Path,
    keras: ModuleType,
    model: Any,
    graph: Graph,
    network: Network,
    rng: np.random.Generator,
) -> None:
    """Compare the model with its own layers, each run on the inputs of the network's node."""
    parts = {part.nodes[0]: part for part in graph.parts}

    def step(node: Node, tensors: list[np.ndarray]) -> np.ndarray:
        if node.name not in parts:  # a softmax, which Keras's layer before it has done
            return tensors[0]
        values = _run(path, keras, model, parts[node.name], tensors)
        return values.reshape(len(values), *network.shapes[node.name])

    macs = sum(node.layer.cost(network.input_shapes(node)).macs for node in network.nodes)
    rows = _rows(max(map(math.prod, network.shapes.values())), macs)
    x = {item.name: _samples(rng, rows, item.shape) for item in network.given_inputs}
    given = [
        array.reshape(len(array), *shape)
        for array, shape in zip(x.values(), graph.shapes, strict=True)
    ]
    whole = _call(path, keras, [model], given)
    if not _agree(network.forward(x, step=step), whole.reshape(len(whole), -1)).all():
        raise InputError.at(
            path, "", expected="a model that runs its layers as they were read", got="another"
        )
