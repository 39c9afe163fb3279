"""Fully connected layer."""

from dataclasses import dataclass

from build_decoder.models import activations
from build_decoder.models.files.activation_field import activation_field
from build_decoder.models.files.fields import Fields
from build_decoder.models.keras_activation import keras_activation
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape, require
from build_decoder.models.limits import MAX_WIDTH

__all__ = ["LAYER_TYPE", "Dense"]


@dataclass(frozen=True)
class Dense(Layer):
    """``activation(x @ weights + bias)``: one layer of the MLP (AHEAD, Section 2.2).

    From (inputs) to (units).

    Parameters
    ----------
    units:
        Number of outputs.
    activation:
        Name of the activation function.

    Arrays
    ------
    weights:
        (inputs, units)
    bias:
        (units)

    Examples
    --------
    For an input of (800)::

        {"name": "y", "inputs": ["x"], "type": "dense", "units": 20, "activation": "sigmoid",
         "weights": "w.npz:w", "bias": "w.npz:b"}
    """

    units: int
    activation: str

    def __post_init__(self):
        require(self.units >= 1, "at least 1 unit", self.units)
        require(
            activations.is_known(self.activation),
            f"an activation of {activations.choices()}",
            repr(self.activation),
        )

    def output_shape(self, shapes):
        only_shape(shapes, "values")
        return (self.units,)

    def weight_shapes(self, shapes):
        return {"weights": (shapes[0][0], self.units), "bias": (self.units,)}

    def output_activation(self):
        return self.activation

    def cost(self, shapes):
        macs = shapes[0][0] * self.units
        flops = 2 * macs + self.units
        return Cost(macs, flops, flops)

    def forward(self, tensors, weights):
        sums = tensors[0] @ weights["weights"] + weights["bias"]
        return activations.get(self.activation).function(sums)

    def to_keras(self, keras, name):
        activation = keras_activation(keras, self.activation)
        return keras.layers.Dense(self.units, activation=activation, name=name)


def _read(fields: Fields) -> Dense:
    return Dense(fields.size("units", MAX_WIDTH), activation_field(fields))


LAYER_TYPE = LayerType("dense", Dense, _read)
