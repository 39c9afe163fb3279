"""Decision for one of several classes."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape, require
from build_decoder.models.limits import MAX_WIDTH

__all__ = ["LAYER_TYPE", "Decision"]


@dataclass(frozen=True)
class Decision(Layer):
    """Index of the largest value; of equals, of the first: from (classes) to (1).

    ``--answer decision`` puts it behind a network whose task is ``classes``, once formats are
    found, so that networks need not have it.

    Parameters
    ----------
    classes:
        How many there are, at least 2.

    Examples
    --------
    For an input of (3)::

        {"name": "d", "inputs": ["y"], "type": "decision", "classes": 3}
    """

    classes: int

    def __post_init__(self):
        require(self.classes >= 2, "at least 2 classes", self.classes)

    def output_shape(self, shapes):
        shape = only_shape(shapes, "classes")
        require(shape == (self.classes,), f"{self.classes} classes", f"shape {shape}")
        return (1,)

    def cost(self, shapes):
        comparisons = self.classes - 1
        return Cost(0, comparisons, comparisons)

    def forward(self, tensors, weights):
        x = tensors[0]
        return np.argmax(x, axis=-1)[..., None].astype(x.dtype)

    def to_keras(self, keras, name):
        def decided(x):
            return keras.ops.cast(keras.ops.argmax(x, axis=-1, keepdims=True), x.dtype)

        return keras.layers.Lambda(decided, output_shape=(1,), name=name)


def _read(fields: Fields) -> Decision:
    return Decision(fields.size("classes", MAX_WIDTH))


LAYER_TYPE = LayerType("decision", Decision, _read)
