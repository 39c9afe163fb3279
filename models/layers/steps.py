"""Time steps as layers of either kind have them: as a series, or as an image."""

import math
from dataclasses import dataclass

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Layer, LayerType, only_shape, require

__all__ = ["LAYER_TYPE", "Steps"]


@dataclass(frozen=True)
class Steps(Layer):
    """(steps, rows, channels) as (steps, rows * channels); or (steps, channels) as (steps, 1,
    channels). Values stay as they are.

    Convolutions and pools have time steps as images, recurrent layers and attention as a series.

    Examples
    --------
    For an input of (100, 1, 8)::

        {"name": "s", "inputs": ["c"], "type": "steps"}
    """

    in_place = True

    def output_shape(self, shapes):
        shape = only_shape(shapes)
        require(
            len(shape) in (2, 3),
            "an input (steps, rows, channels) or (steps, channels)", f"shape {shape}",
        )
        steps, *rest = shape
        return (steps, math.prod(rest)) if len(rest) == 2 else (steps, 1, *rest)

    def output_activation(self):
        return None

    def forward(self, tensors, weights):
        (x,) = tensors
        return x.reshape(len(x), *self.output_shape([x.shape[1:]]))

    def to_keras(self, keras, name):
        def turned(x):
            if len(x.shape) == 4:
                return keras.ops.reshape(x, (-1, x.shape[1], x.shape[2] * x.shape[3]))
            return keras.ops.expand_dims(x, 2)

        return keras.layers.Lambda(turned, name=name)


def _read(fields: Fields) -> Steps:
    return Steps()


LAYER_TYPE = LayerType("steps", Steps, _read)
