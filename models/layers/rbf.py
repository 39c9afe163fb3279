"""Radial basis functions: Gaussian units around centres."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, Mismatch, only_shape, require
from build_decoder.models.limits import MAX_WIDTH

__all__ = ["LAYER_TYPE", "Rbf"]


@dataclass(frozen=True)
class Rbf(Layer):
    """``y[u] = exp(-max(scale[u] * sum over n of (x[n] - centres[n, u])**2, 0))``: each unit has a
    Gaussian of its own (AHEAD, Section 6). A dense layer behind them reads them out.

    From (inputs) to (units).

    Parameters
    ----------
    units:
        Number of outputs.

    Arrays
    ------
    centres:
        (inputs, units)
    scale:
        (units): half the inverse variance of each Gaussian. Negative ones count as 0.

    Examples
    --------
    For an input of (48)::

        {"name": "r", "inputs": ["x"], "type": "rbf", "units": 64,
         "centres": "w.npz:c", "scale": "w.npz:s"}
    """

    units: int

    def __post_init__(self):
        require(self.units >= 1, "at least 1 unit", self.units)

    def output_shape(self, shapes):
        only_shape(shapes, "values")
        return (self.units,)

    def weight_shapes(self, shapes):
        return {"centres": (shapes[0][0], self.units), "scale": (self.units,)}

    def cost(self, shapes):
        macs = shapes[0][0] * self.units
        flops = 3 * macs + self.units  # a difference, its square and a sum; a factor
        return Cost(macs, flops, flops)

    def distances(self, x: np.ndarray, centres: np.ndarray) -> np.ndarray:
        """Squares of distances (samples, units)."""
        columns = [np.square(x - centre).sum(axis=1) for centre in centres.astype(x.dtype).T]
        return np.stack(columns, axis=1)

    def forward(self, tensors, weights):
        (x,) = tensors
        return np.exp(-self.scaled(x, weights))

    def scaled(self, x: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Scaled squares of distances (samples, units)."""
        squares = self.distances(x, weights["centres"])
        return np.maximum(squares * weights["scale"].astype(x.dtype), 0)

    def to_keras(self, keras, name):
        raise Mismatch("a layer that Keras trains", "an RBF layer, whose centres are clusters")


def _read(fields: Fields) -> Rbf:
    return Rbf(fields.size("units", MAX_WIDTH))


LAYER_TYPE = LayerType("rbf", Rbf, _read)
