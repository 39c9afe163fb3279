"""Sums of an attention over the time steps, without their division."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models import activations
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, Mismatch, only_shape

__all__ = ["LAYER_TYPE", "AttentionSums"]


@dataclass(frozen=True)
class AttentionSums(Layer):
    """Numerators of an attention's means, and behind them their denominator.

    From (steps, channels) to (channels + 1):

    ``p[t] = exp(tanh(x[t] @ weights + bias[t]))``; first the sums of ``p[t] * x[t]`` over all
    steps, then the sum of ``p[t]``.

    ``--answer decision`` makes it of an attention in front of dense layers that decide the same by
    its sums as by its means, so that networks need not have it.

    Arrays
    ------
    weights:
        (channels, 1)
    bias:
        (steps, 1)

    Examples
    --------
    For an input of (100, 32)::

        {"name": "a", "inputs": ["r"], "type": "attention_sums",
         "weights": "w.npz:aw", "bias": "w.npz:ab"}
    """

    takes_windows = True

    def output_shape(self, shapes):
        return (only_shape(shapes, "steps", "channels")[1] + 1,)

    def weight_shapes(self, shapes):
        steps, channels = shapes[0]
        return {"weights": (channels, 1), "bias": (steps, 1)}

    def cost(self, shapes):
        steps, channels = shapes[0]
        macs = 2 * steps * channels
        # A score's bias, tanh and exp, and the sum of powers.
        flops = 2 * macs + 4 * steps
        return Cost(macs, flops, flops)

    def forward(self, tensors, weights):
        x = tensors[0]
        scores = activations.get("tanh").function(x @ weights["weights"] + weights["bias"])
        powers = np.exp(scores).astype(x.dtype)
        return np.concatenate([(powers * x).sum(axis=1), powers.sum(axis=1)], axis=1)

    def to_keras(self, keras, name):
        raise Mismatch("a layer that Keras trains", "sums of an attention, which stand for it")


def _read(fields: Fields) -> AttentionSums:
    return AttentionSums()


LAYER_TYPE = LayerType("attention_sums", AttentionSums, _read)
