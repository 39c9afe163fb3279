"""Time steps as layers of either kind have them: as a series, or as an image of one column."""

from dataclasses import dataclass

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Layer, LayerType, only_shape, require

__all__ = ["LAYER_TYPE", "Steps"]


@dataclass(frozen=True)
class Steps(Layer):
    """(steps, 1, channels) as (steps, channels), or the other way round; values stay as they are.

    Convolutions and pools have time steps as images of one column, recurrent layers and attention
    as a series.

    Examples
    --------
    For an input of (100, 1, 8)::

        {"name": "s", "inputs": ["c"], "type": "steps"}
    """

    in_place = True

    def output_shape(self, shapes):
        shape = only_shape(shapes)
        image = len(shape) == 3 and shape[1] == 1
        require(
            image or len(shape) == 2,
            "an input (steps, 1, channels) or (steps, channels)", f"shape {shape}",
        )
        return (shape[0], shape[2]) if image else (shape[0], 1, shape[1])

    def output_activation(self):
        return None

    def forward(self, tensors, weights):
        (x,) = tensors
        return x.reshape(len(x), *self.output_shape([x.shape[1:]]))

    def to_keras(self, keras, name):
        def turned(x):
            return keras.ops.squeeze(x, 2) if len(x.shape) == 4 else keras.ops.expand_dims(x, 2)

        return keras.layers.Lambda(turned, name=name)


def _read(fields: Fields) -> Steps:
    return Steps()


LAYER_TYPE = LayerType("steps", Steps, _read)
