"""LSTM and GRU layers, in one direction or both."""

from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import (
    Arrays,
    Form,
    Reading,
    expect,
    flag,
    numbers,
    only_input,
    size,
    values_of,
)
from build_decoder.models.files.keras_file.settings import check_dtype, check_plain
from build_decoder.models.layer import Shape
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.recurrent import RecurrentLayer

__all__ = ["READERS"]

_CELLS: dict[str, type[RecurrentLayer]] = {"GRU": Gru, "LSTM": Lstm}


def _recurrent(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes, 2)
    cell = _cell(layer)
    return Reading(
        cell,
        cell.output_shape([shape]),
        form=Form.SERIES,
        stored=_stored(cell, shape),
        arrays=partial(_arrays, cell),
        reversed=cell.backward and cell.sequences,
    )


def _bidirectional(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes, 2)
    expect(layer, "merge_mode", "concat")
    forward = _inner(layer, "layer")
    backward = replace(forward, backward=True)
    if layer.settings.get("backward_layer") is not None:
        backward = _inner(layer, "backward_layer")
    if forward.backward or backward != replace(forward, backward=True):
        raise layer.error(
            "a layer that runs forwards and the same one backwards", f"{forward} and {backward}"
        )
    both = Bidirectional(forward)

    def arrays(keras: ModuleType, loaded: Any) -> Arrays:
        ways = {"forward": loaded.forward_layer, "backward": loaded.backward_layer}
        return {
            f"{way}_{key}": array
            for way, part in ways.items()
            for key, array in _arrays(forward, keras, part).items()
        }

    return Reading(
        both, both.output_shape([shape]), Form.SERIES, 2 * _stored(forward, shape), arrays
    )


def _inner(layer: LayerConfig, key: str) -> RecurrentLayer:
    """The cell of a layer inside `layer`."""
    match layer.setting(key):
        case {
            "module": "keras.layers",
            "class_name": str() as kind,
            "config": dict() as settings,
        } if kind in _CELLS:
            inner = LayerConfig(layer.path, f"{layer.name}: {key}", kind, settings)
            check_dtype(inner)
            return _cell(inner)
        case {"class_name": str() as kind}:
            raise layer.error(f"{key} {' or '.join(_CELLS)}", kind)
        case other:
            raise layer.error(f"{key} {' or '.join(_CELLS)}", shown(other))


def _cell(layer: LayerConfig) -> RecurrentLayer:
    expect(layer, "activation", "tanh")
    expect(layer, "recurrent_activation", "sigmoid")
    if layer.kind == "GRU":
        expect(layer, "reset_after", True)
    expect(layer, "stateful", False)
    expect(layer, "return_state", False)
    check_plain(layer)
    cell = _CELLS[layer.kind]
    return cell(size(layer, "units"), flag(layer, "return_sequences"), flag(layer, "go_backwards"))


def _stored(cell: RecurrentLayer, shape: Shape) -> int:
    arrays = cell.weight_shapes([shape])
    return values_of(arrays["weights"], arrays["recurrent"])


def _arrays(cell: RecurrentLayer, keras: ModuleType, layer: Any) -> Arrays:
    loaded = layer.cell
    weights = numbers(keras, loaded.kernel)
    bias = numbers(keras, loaded.bias) if layer.use_bias else None
    if bias is None:
        bias = np.zeros(cell.weight_shapes([(1, len(weights))])["bias"])
    return {
        "weights": weights,
        "recurrent": numbers(keras, loaded.recurrent_kernel),
        "bias": bias,
    }


READERS = {"GRU": _recurrent, "LSTM": _recurrent, "Bidirectional": _bidirectional}
