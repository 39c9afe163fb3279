"""Dense layers in a row as one layer."""

from dataclasses import dataclass, replace

import numpy as np

from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat

__all__ = ["HeapLayers", "heaped"]


@dataclass(frozen=True, eq=False)
class HeapLayers(IntegerLayer):
    """Dense layers, each of which takes the outputs of the one before it.

    Parameters
    ----------
    layers
        One or more.
    names
        Of their nodes.
    """

    layers: tuple[Dense, ...]
    names: tuple[str, ...]

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return self.layers[0].inputs

    @property
    def input_count(self) -> int:
        """Inputs of the first layer."""
        return self.layers[0].input_count

    @property
    def output(self) -> QFormat:
        """Format of the last layer's outputs."""
        return self.layers[-1].output

    @property
    def output_shape(self) -> tuple[int]:
        """Those of the last layer."""
        return self.layers[-1].output_shape

    def compute(self, *raw: np.ndarray) -> np.ndarray:
        (values,) = raw
        for layer in self.layers:
            values = layer.compute(values)
        return values


def heaped(model: IntegerModel) -> IntegerModel:
    """A chain of dense layers with one layer in the place of all, called as the last of them.

    Raises
    ------
    ValueError
        If it is another model.
    """
    if not model.is_dense_chain:
        raise ValueError("expected dense layers in integers, one behind the other, and no others")
    layers = HeapLayers(model.layers, tuple(node.name for node in model.nodes))
    node = replace(model.nodes[-1], inputs=model.nodes[0].inputs, layer=layers)
    return replace(model, nodes=(node,))
