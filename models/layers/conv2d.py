"""Convolution over rows and columns."""

import math
from dataclasses import dataclass, replace

from build_decoder.models import activations
from build_decoder.models.files.activation_field import activation_field
from build_decoder.models.files.fields import Fields
from build_decoder.models.keras_activation import keras_activation
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape, require
from build_decoder.models.limits import MAX_WIDTH
from build_decoder.models.windows import pad_same

__all__ = ["LAYER_TYPE", "Conv2d"]


@dataclass(frozen=True)
class Conv2d(Layer):
    """Convolution of stride 1 with ``same`` padding, bias and activation.

    From (rows, columns, channels) to (rows, columns, filters): ``y[r, c, f] = activation(sum of
    x[r + i, c + j, k] * weights[i, j, k, f] + bias[f])`` with zeros around ``x``, ``(kernel - 1)
    // 2`` of them before it.

    Parameters
    ----------
    filters:
        Channels of the output.
    kernel:
        Rows and columns of a filter.
    activation:
        Name of the activation function.

    Arrays
    ------
    weights:
        (kernel rows, kernel columns, channels, filters)
    bias:
        (filters)

    Examples
    --------
    For an input of (100, 8, 7)::

        {"name": "c", "inputs": ["x"], "type": "conv2d", "filters": 4, "kernel": [8, 8],
         "activation": "relu", "weights": "w.npz:cw", "bias": "w.npz:cb"}
    """

    filters: int
    kernel: tuple[int, int]
    activation: str

    def __post_init__(self):
        require(self.filters >= 1, "at least 1 filter", self.filters)
        require(
            len(self.kernel) == 2 and min(self.kernel) >= 1,
            "a kernel of rows and columns, at least 1 each",
            self.kernel,
        )
        require(
            activations.is_known(self.activation),
            f"an activation of {activations.choices()}",
            repr(self.activation),
        )

    def output_shape(self, shapes):
        rows, columns, _ = only_shape(shapes, "rows", "columns", "channels")
        return (rows, columns, self.filters)

    def weight_shapes(self, shapes):
        return {"weights": (*self.kernel, shapes[0][2], self.filters), "bias": (self.filters,)}

    def output_activation(self):
        return self.activation

    def cost(self, shapes):
        outputs = math.prod(self.output_shape(shapes))
        # The profiler counts a whole window at the edges as well.
        macs = outputs * math.prod(self.kernel) * shapes[0][2]
        flops = 2 * macs + outputs
        return Cost(macs, flops, flops)

    def turned(self, weights):
        turned = {**weights, "weights": weights["weights"].swapaxes(0, 1)}
        return replace(self, kernel=self.kernel[::-1]), turned

    def sums(self, x, weights):
        """Inputs of the activation, (samples, rows, columns, filters)."""
        rows, columns = x.shape[1:3]
        padded = pad_same(x, self.kernel, (1, 1), 0.0)
        sums = weights["bias"]
        for i in range(self.kernel[0]):
            for j in range(self.kernel[1]):
                window = padded[:, i : i + rows, j : j + columns]
                sums = sums + window @ weights["weights"][i, j]
        return sums

    def forward(self, tensors, weights):
        return activations.get(self.activation).function(self.sums(tensors[0], weights))

    def to_keras(self, keras, name):
        activation = keras_activation(keras, self.activation)
        return keras.layers.Conv2D(
            self.filters, self.kernel, padding="same", activation=activation, name=name
        )


def _read(fields: Fields) -> Conv2d:
    return Conv2d(
        fields.size("filters", MAX_WIDTH),
        fields.sizes("kernel", 2, MAX_WIDTH),
        activation_field(fields),
    )


LAYER_TYPE = LayerType("conv2d", Conv2d, _read)
