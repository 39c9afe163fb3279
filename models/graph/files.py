"""The files of an architecture: ``architecture.json`` and, once it is trained, ``weights.npz``.

``architecture.json`` is to any network what ``network.json`` is to a chain of dense layers, with
the same type names and keys. Layers are named and name what they take; weights are not mentioned
but found in ``weights.npz`` beside it, as ``LAYER.ARRAY``::

    {"format": 1, "name": "two_branches",
     "inputs": [{"name": "spatial", "shape": [56, 100, 1]}, ...],
     "layers": [{"name": "spatial_conv1", "inputs": ["spatial"], "type": "conv2d", "filters": 4,
                 "kernel": [8, 8], "activation": "relu"}, ...]}
"""

import json
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models.array_shape import ArrayShape
from build_decoder.models.arrays import ArrayReference, read_array
from build_decoder.models.errors import InputError, shown
from build_decoder.models.fields import Fields
from build_decoder.models.files import require_file
from build_decoder.models.graph import layers
from build_decoder.models.graph.architecture import Architecture, Input, Node, Weights
from build_decoder.models.graph.layer import GraphLayer, Mismatch
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS, MAX_LAYERS, MAX_TENSOR_VALUES
from build_decoder.models.metadata import read_header
from build_decoder.models.numpy_file import npz_keys

__all__ = [
    "ARCHITECTURE_FILE",
    "WEIGHTS_FILE",
    "read_architecture",
    "read_weights",
    "save_architecture",
    "save_weights",
]

ARCHITECTURE_FILE = "architecture.json"
WEIGHTS_FILE = "weights.npz"
_FORMAT = 1
_MAX_AXES = 4
_COMMON_KEYS = ("name", "inputs", "type")


def save_architecture(architecture: Architecture, folder: Path | str) -> None:
    """Write ``architecture.json`` into `folder`, which is made where it is not there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "format": _FORMAT,
        "name": architecture.name,
        "inputs": [{"name": item.name, "shape": item.shape} for item in architecture.inputs],
        "layers": [
            {"name": node.name, "inputs": node.inputs, **_describe(node.layer)}
            for node in architecture.nodes
        ],
    }
    text = json.dumps(description, indent=2) + "\n"
    (folder / ARCHITECTURE_FILE).write_text(text, encoding="utf-8")


def _describe(layer: GraphLayer) -> dict[str, Any]:
    described = {"type": layers.type_of(layer).name}
    for field in dataclass_fields(layer):
        value = getattr(layer, field.name)
        described[field.name] = _describe(value) if is_dataclass(value) else value
    return described


def read_architecture(folder: Path | str) -> Architecture:
    """The architecture in `folder`; `InputError` where it is not as it must be."""
    source = Path(folder) / ARCHITECTURE_FILE
    fields, name = read_header(source, _FORMAT)
    inputs = [
        _read_input(Fields(entry, source, f"input {number}"))
        for number, entry in enumerate(_entries(fields, "inputs"), 1)
    ]
    nodes = [
        _read_node(Fields(entry, source, f"layer {number}"))
        for number, entry in enumerate(_entries(fields, "layers"), 1)
    ]
    try:
        return Architecture(name, tuple(inputs), tuple(nodes))
    except Mismatch as error:
        raise InputError.at(source, error.where, expected=error.expected, got=error.got) from None


def _entries(fields: Fields, key: str) -> list[Any]:
    entries = fields.items(key)
    if not 1 <= len(entries) <= MAX_LAYERS:
        raise fields.error(key, f"1 to {MAX_LAYERS} {key}", str(len(entries)))
    return entries


def _read_input(fields: Fields) -> Input:
    fields.only("name", "shape")
    axes = len(fields.items("shape"))
    if not 1 <= axes <= _MAX_AXES:
        raise fields.error("shape", f"1 to {_MAX_AXES} sizes", str(axes))
    return Input(fields.text("name"), fields.sizes("shape", axes, MAX_TENSOR_VALUES))


def _read_node(fields: Fields) -> Node:
    kind = layers.get(fields.choice("type", layers.names()))
    fields.only(*_COMMON_KEYS, *(field.name for field in dataclass_fields(kind.layer)))
    inputs = fields.items("inputs")
    if not 1 <= len(inputs) <= MAX_LAYERS or not all(isinstance(name, str) for name in inputs):
        raise fields.error("inputs", f"a list of 1 to {MAX_LAYERS} names", shown(inputs))
    try:
        return Node(fields.text("name"), tuple(inputs), kind.read(fields))
    except Mismatch as error:
        raise InputError.at(
            fields.source, fields.where, expected=error.expected, got=error.got
        ) from None


def save_weights(architecture: Architecture, weights: Weights, folder: Path | str) -> None:
    """Write ``weights.npz`` into `folder`, which is made where it is not there.

    Arrays keep their types.

    Raises
    ------
    Mismatch
        An array is missing, of another shape or unknown.
    """
    architecture.check_weights(weights)
    named = {
        f"{node.name}.{key}": weights[node.name][key]
        for node in architecture.nodes
        for key in architecture.weight_shapes(node)
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / WEIGHTS_FILE, **named)


def read_weights(architecture: Architecture, folder: Path | str) -> Weights:
    """The weights in `folder` as float64; `InputError` unless they are those of `architecture`."""
    path = Path(folder) / WEIGHTS_FILE
    require_file(path)
    weights: dict[str, dict[str, np.ndarray]] = {}
    wanted = set()
    for node in architecture.nodes:
        for key, shape in architecture.weight_shapes(node).items():
            name = f"{node.name}.{key}"
            axes = tuple(f"axis {index}" for index in range(1, len(shape) + 1))
            array = read_array(
                ArrayReference(path, name),
                ArrayShape(shape, axes, max_values=MAX_GRAPH_WEIGHTS),
                where=f"layer {node.name!r}: {key}",
            )
            weights.setdefault(node.name, {})[key] = array
            wanted.add(name)
    unknown = sorted(set(npz_keys(path)) - wanted)
    if unknown:
        raise InputError.at(
            path, "", expected=f"the arrays of {architecture.name} only", got=shown(unknown)
        )
    return weights
