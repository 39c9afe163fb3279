"""Attention over the time steps."""

from dataclasses import dataclass

from build_decoder.models import activations
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape
from build_decoder.models.layers.softmax import softmax

__all__ = ["LAYER_TYPE", "Attention"]


@dataclass(frozen=True)
class Attention(Layer):
    """Weighted mean of the steps, the weights found from the values.

    From (steps, channels) to (channels):

    ``e[t] = tanh(x[t] @ weights + bias[t])``, ``a = softmax(e)`` over all steps, and the output is
    the sum of ``a[t] * x[t]``. As ``e`` lies within -1 and 1, hardware can sum ``exp(e[t])`` and
    ``exp(e[t]) * x[t]`` while the steps come, and divide once.

    Arrays
    ------
    weights:
        (channels, 1)
    bias:
        (steps, 1)

    Examples
    --------
    For an input of (100, 32)::

        {"name": "a", "inputs": ["r"], "type": "attention",
         "weights": "w.npz:aw", "bias": "w.npz:ab"}
    """

    takes_windows = True

    def output_shape(self, shapes):
        return (only_shape(shapes, "steps", "channels")[1],)

    def weight_shapes(self, shapes):
        steps, channels = shapes[0]
        return {"weights": (channels, 1), "bias": (steps, 1)}

    def cost(self, shapes):
        steps, channels = shapes[0]
        scores = steps * channels
        weighting = scores + (steps - 1) * channels  # products and sums, counted as elements
        flops = 2 * scores + steps + 5 * steps + weighting
        # The 47,810 FLOPs of Table 1 are exact without the product for the scores: the profiler
        # leaves out operations whose shapes it does not know.
        return Cost(2 * scores, flops, flops - 2 * scores)

    def forward(self, tensors, weights):
        x = tensors[0]
        scores = activations.get("tanh").function(x @ weights["weights"] + weights["bias"])
        return (softmax(scores, axis=1) * x).sum(axis=1)

    def to_keras(self, keras, name):
        from build_decoder.models.keras_layers import TemporalAttention  # imports TensorFlow

        return TemporalAttention(name=name)


def _read(fields: Fields) -> Attention:
    return Attention()


LAYER_TYPE = LayerType("attention", Attention, _read)
