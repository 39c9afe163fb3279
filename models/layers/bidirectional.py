"""A recurrent layer run in both directions of time."""

from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, require
from build_decoder.models.layers import gru, lstm
from build_decoder.models.recurrent import RecurrentLayer

__all__ = ["LAYER_TYPE", "Bidirectional"]

_INNER = {kind.name: kind for kind in (gru.LAYER_TYPE, lstm.LAYER_TYPE)}
_DIRECTIONS = ("forward", "backward")


@dataclass(frozen=True)
class Bidirectional(Layer):
    """An LSTM or GRU run forwards and a second one run backwards, side by side.

    The outputs of the forward one come first. Where they give all steps, both are in the order of
    time; where they give the last that they take, the backward one has taken the first step last.

    Parameters
    ----------
    layer:
        The `Lstm` or `Gru` that runs forwards: an object with ``type``, ``units``, ``sequences``.

    Arrays
    ------
    forward_weights, forward_recurrent, forward_bias:
        as those of the inner layer
    backward_weights, backward_recurrent, backward_bias:
        the same

    Examples
    --------
    For an input of (100, 56)::

        {"name": "r", "inputs": ["x"], "type": "bidirectional",
         "layer": {"type": "gru", "units": 16, "sequences": true},
         "forward_weights": "w.npz:fw", "forward_recurrent": "w.npz:fr",
         "forward_bias": "w.npz:fb", "backward_weights": "w.npz:bw",
         "backward_recurrent": "w.npz:br", "backward_bias": "w.npz:bb"}
    """

    layer: RecurrentLayer

    takes_windows = True

    def __post_init__(self):
        good = isinstance(self.layer, RecurrentLayer)
        require(good, "a recurrent layer", type(self.layer).__name__)
        require(not self.layer.backward, "a layer that runs forwards", "one that runs backwards")

    def output_shape(self, shapes):
        *steps, units = self.layer.output_shape(shapes)
        return (*steps, 2 * units)

    def weight_shapes(self, shapes):
        inner = self.layer.weight_shapes(shapes)
        return {f"{way}_{key}": inner[key] for way in _DIRECTIONS for key in inner}

    def state_values(self):
        return 2 * self.layer.state_values()

    def cost(self, shapes):
        inner = self.layer.cost(shapes)
        return Cost(2 * inner.macs, 2 * inner.flops, 2 * inner.profiled_flops)

    def forward(self, tensors, weights):
        def part(way):
            start = f"{way}_"
            return {
                key.removeprefix(start): weights[key] for key in weights if key.startswith(start)
            }

        ways = (self.layer, replace(self.layer, backward=True))
        runs = (
            layer.forward(tensors, part(way))
            for layer, way in zip(ways, _DIRECTIONS, strict=True)
        )
        return np.concatenate(list(runs), axis=-1)

    def to_keras(self, keras, name):
        return keras.layers.Bidirectional(self.layer.to_keras(keras, "layer"), name=name)


def _read(fields: Fields) -> Bidirectional:
    where = f"{fields.where}: layer"
    inner = Fields(fields.values.get("layer"), fields.source, where)
    inner.only("type", "units", "sequences")
    return Bidirectional(_INNER[inner.choice("type", tuple(_INNER))].read(inner))


LAYER_TYPE = LayerType("bidirectional", Bidirectional, _read)
