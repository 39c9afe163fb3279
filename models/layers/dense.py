"""Fully connected layer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models import activations
from build_decoder.models.array_shape import ArrayShape
from build_decoder.models.arrays import read_array, reference_inside
from build_decoder.models.fields import Fields
from build_decoder.models.layer_type import LayerType
from build_decoder.models.limits import MAX_WEIGHTS, MAX_WIDTH

__all__ = ["LAYER_TYPE", "DenseLayer"]

_LAST_ROW = "last_row"


@dataclass(frozen=True)
class DenseLayer:
    """``activation(x @ weights + bias)``: one layer of the MLP (AHEAD, Section 2.2).

    Parameters
    ----------
    units:
        Number of outputs.
    activation:
        Name of the activation function, one of `models.activations.names`.
    weights:
        float64, (inputs, units).
    bias:
        float64, (units,).
    """

    units: int
    activation: str
    weights: np.ndarray
    bias: np.ndarray

    def __post_init__(self):
        if self.weights.ndim != 2 or self.weights.shape[1] != self.units:
            raise ValueError(f"expected weights (inputs, {self.units}), got {self.weights.shape}")
        if self.bias.shape != (self.units,):
            raise ValueError(f"expected bias ({self.units},), got {self.bias.shape}")
        if self.activation not in activations.names():
            raise ValueError(
                f"expected an activation of {activations.names()}, got {self.activation!r}"
            )

    @property
    def input_count(self) -> int:
        """Values that it takes a sample."""
        return self.weights.shape[0]

    @property
    def output_count(self) -> int:
        """Values that it gives a sample: one a unit."""
        return self.units

    def forward(self, x: np.ndarray) -> np.ndarray:
        """From (samples, inputs) to (samples, units), float64."""
        return activations.get(self.activation).function(x @ self.weights + self.bias)


def _read(fields: Fields, input_count: int, folder: Path) -> DenseLayer:
    fields.only("type", "units", "activation", "weights", "bias")
    units = fields.size("units", MAX_WIDTH)
    activation = fields.choice("activation", activations.names())
    if input_count * units > MAX_WEIGHTS:
        raise fields.error(
            "units", f"at most {MAX_WEIGHTS} weights", f"{input_count} inputs x {units} units"
        )
    weights_text, bias_text = fields.text("weights"), fields.text("bias")
    last_row = bias_text == _LAST_ROW

    def read(key: str, text: str, sizes: tuple[int, ...], axes: tuple[str, ...]) -> np.ndarray:
        where = f"{fields.where}: {key}"
        reference = reference_inside(folder, text, source=fields.source, where=where)
        # One more row than MAX_WEIGHTS allows, where the bias is the last one.
        shape = ArrayShape(sizes, axes, max_values=MAX_WEIGHTS + MAX_WIDTH)
        return read_array(reference, shape, where=where)

    if last_row:
        rows = read(
            "weights", weights_text, (input_count + 1, units), ("inputs and bias row", "units")
        )
        weights, bias = rows[:-1], rows[-1]
    else:
        weights = read("weights", weights_text, (input_count, units), ("inputs", "units"))
        bias = read("bias", bias_text, (units,), ("units",))
    return DenseLayer(units, activation, weights, bias)


def _write(layer: DenseLayer, stem: str, folder: Path) -> dict[str, Any]:
    names = {"weights": f"{stem}_weights.npy", "bias": f"{stem}_bias.npy"}
    for key, name in names.items():
        np.save(folder / name, _narrowest(getattr(layer, key)), allow_pickle=False)
    return {"type": "dense", "units": layer.units, "activation": layer.activation, **names}


def _narrowest(array: np.ndarray) -> np.ndarray:
    """The array as float32 where that loses nothing: training tools work in float32."""
    narrow = array.astype(np.float32)
    return narrow if np.array_equal(narrow.astype(np.float64), array) else array


LAYER_TYPE = LayerType("dense", DenseLayer, _read, _write)
