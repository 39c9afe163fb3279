"""A dense layer with its weights, for code that knows chains of dense layers alone."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models import activations

__all__ = ["DenseView"]


@dataclass(frozen=True)
class DenseView:
    """A node of type ``dense``: ``activation(x @ weights + bias)``. See `Network.layers`.

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
