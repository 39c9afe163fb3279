"""``network.json`` of format 2: a graph of named layers of any type::

{"format": 2, "name": "two_branches",
 "inputs": [{"name": "spatial", "shape": [56, 100, 1]},
            {"name": "temporal", "shape": [56, 100, 1], "of": "spatial",
             "walk": {"loops": [[8, 100], [7, 800], [100, 1]]}}],
 "layers": [{"name": "conv1", "inputs": ["spatial"], "type": "conv2d", "filters": 4,
             "kernel": [8, 8], "activation": "relu",
             "weights": "weights.npz:conv1.weights", "bias": "weights.npz:conv1.bias"}, ...]}

A layer has the keys ``name``, ``inputs`` and ``type``, the fields of its type (`models.layers`),
and for each of its arrays the file that has it: ``FILE.npy``, ``FILE.csv`` or ``FILE.npz:KEY``.
"""

import math
from collections.abc import Iterator
from dataclasses import MISSING, is_dataclass
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models import layers
from build_decoder.models.architecture import GRAINS, Architecture, Input, Node, usual_grain
from build_decoder.models.carried import carried, plain
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.arrays import read_array, reference_inside
from build_decoder.models.files.atomic_file import write_atomically
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.walk_fields import describe_walk, read_walk
from build_decoder.models.layer import Layer, Mismatch, Shape
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS, MAX_LAYERS, MAX_TENSOR_VALUES
from build_decoder.models.network import Network

__all__ = ["WEIGHTS_FILE", "describe", "read_graph", "save_weights"]

WEIGHTS_FILE = "weights.npz"
_MAX_AXES = 4
_COMMON_KEYS = ("name", "inputs", "type")


def describe(network: Network) -> dict[str, Any]:
    """``inputs`` and ``layers`` of a network whose arrays `save_weights` writes."""
    return {
        "inputs": [_describe_input(item) for item in network.inputs],
        "layers": [
            {
                "name": node.name,
                "inputs": node.inputs,
                **_describe_layer(plain(node.layer)),
                **{key: f"{WEIGHTS_FILE}:{node.name}.{key}" for key in node.weights},
            }
            for node in network.nodes
        ],
    }


def save_weights(network: Network, folder: Path) -> None:
    """Write the arrays of all layers into `folder`, if there are any."""
    arrays = {
        f"{node.name}.{key}": _narrowest(array)
        for node in network.nodes
        for key, array in node.weights.items()
    }
    if arrays:
        with write_atomically(folder / WEIGHTS_FILE) as stream:
            np.savez(stream, **arrays)


def read_graph(fields: Fields, name: str, folder: Path) -> Network:
    """The network of that name that `fields` describe; its arrays are in `folder`."""
    inputs = [
        _read_input(Fields(entry, fields.source, f"input {number}"))
        for number, entry in enumerate(_entries(fields, "inputs"), 1)
    ]
    entries = [
        Fields(entry, fields.source, f"layer {number}")
        for number, entry in enumerate(_entries(fields, "layers"), 1)
    ]
    nodes = [_read_node(entry) for entry in entries]
    try:
        if "continuous" in fields.values and fields.flag("continuous"):
            nodes = carried(nodes)
        architecture = Architecture(name, tuple(inputs), tuple(nodes))
    except Mismatch as error:
        raise _error(fields, error) from None
    shapes = [architecture.weight_shapes(node) for node in nodes]
    for entry, node, arrays in zip(entries, nodes, shapes, strict=True):
        required, optional = _keys(plain(node.layer))
        entry.only(*_COMMON_KEYS, *required, *arrays, optional=optional)
    count = sum(math.prod(shape) for arrays in shapes for shape in arrays.values())
    if count > MAX_GRAPH_WEIGHTS:
        raise fields.error("layers", f"at most {MAX_GRAPH_WEIGHTS} weights in all", str(count))
    weights = {
        node.name: {key: _read_array(entry, key, shape, folder) for key, shape in arrays.items()}
        for entry, node, arrays in zip(entries, nodes, shapes, strict=True)
    }
    return Network.of(architecture, weights)


def _describe_input(item: Input) -> dict[str, Any]:
    described: dict[str, Any] = {"name": item.name, "shape": item.shape}
    if item.of is not None:
        described["of"] = item.of
        described["walk"] = describe_walk(item.walk)
    elif item.grain != usual_grain(item.shape):
        described["grain"] = item.grain
    return described


def _describe_layer(layer: Layer) -> dict[str, Any]:
    described = {"type": layers.type_of(layer).name}
    for field in dataclass_fields(layer):
        value = getattr(layer, field.name)
        if field.default is MISSING or value != field.default:
            described[field.name] = _describe_layer(value) if is_dataclass(value) else value
    return described


def _narrowest(array: np.ndarray) -> np.ndarray:
    """The array as float32 where that loses nothing: training tools work in float32."""
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    return narrow if np.array_equal(narrow.astype(np.float64), array) else array


def _entries(fields: Fields, key: str) -> list[Any]:
    entries = fields.items(key)
    if not 1 <= len(entries) <= MAX_LAYERS:
        raise fields.error(key, f"1 to {MAX_LAYERS} {key}", str(len(entries)))
    return entries


def _read_input(fields: Fields) -> Input:
    fields.only("name", "shape", optional=("grain", "of", "walk"))
    axes = len(fields.items("shape"))
    if not 1 <= axes <= _MAX_AXES:
        raise fields.error("shape", f"1 to {_MAX_AXES} sizes", str(axes))
    name = fields.text("name")
    shape = fields.sizes("shape", axes, MAX_TENSOR_VALUES)
    if "of" not in fields.values and "walk" not in fields.values:
        grain = fields.choice("grain", GRAINS) if "grain" in fields.values else None
        return Input(name, shape, grain)
    fields.only("name", "shape", "of", "walk")
    walk = Fields(fields.values["walk"], fields.source, f"{fields.where}: walk")
    return Input(name, shape, of=fields.text("of"), walk=read_walk(walk))


def _read_node(fields: Fields) -> Node:
    fields.require(*_COMMON_KEYS)
    kind = layers.get(fields.choice("type", layers.names()))
    fields.require(*_keys(kind.layer)[0])
    inputs = fields.items("inputs")
    if not 1 <= len(inputs) <= MAX_LAYERS or not all(isinstance(name, str) for name in inputs):
        raise fields.error("inputs", f"a list of 1 to {MAX_LAYERS} names", shown(inputs))
    try:
        return Node(fields.text("name"), tuple(inputs), kind.read(fields))
    except Mismatch as error:
        raise _error(fields, error) from None


def _keys(layer: Layer | type[Layer]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys of a type of layer beside the common ones: required ones, and optional ones."""

    def names(with_default: bool) -> Iterator[str]:
        for field in dataclass_fields(layer):
            if (field.default is not MISSING) == with_default:
                yield field.name

    return tuple(names(False)), tuple(names(True))


def _read_array(fields: Fields, key: str, shape: Shape, folder: Path) -> np.ndarray:
    where = f"{fields.where}: {key}"
    reference = reference_inside(folder, fields.text(key), source=fields.source, where=where)
    axes = tuple(f"axis {index}" for index in range(1, len(shape) + 1))
    expected = ArrayShape(shape, axes, max_values=MAX_GRAPH_WEIGHTS)
    return read_array(reference, expected, where=where)


def _error(fields: Fields, error: Mismatch) -> InputError:
    where = ": ".join(filter(None, (fields.where, error.where)))
    return InputError.at(fields.source, where, expected=error.expected, got=error.got)
