"""A layer of the network and the Keras layers that it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.loadable import find_layer
from build_decoder.models.files.keras_file.reading import Reading
from build_decoder.models.layer import Shape

__all__ = ["Part"]


@dataclass
class Part:
    """One layer of the network, and perhaps a softmax after it.

    Parameters
    ----------
    config:
        The Keras layer that it is named after.
    reading:
        What that one, and an activation after it, is read as.
    sources:
        Names of the parts or inputs that it takes.
    shapes:
        Their shapes, in Keras's axes.
    layers:
        Names of all its Keras layers, in order.
    scaled:
        Those of them that are factors and terms, folded into the weights of the first, and what
        they are read as.
    nodes:
        Names of its nodes, once they have one.
    """

    config: LayerConfig
    reading: Reading
    sources: list[str]
    shapes: list[Shape]
    layers: list[str]
    scaled: list[tuple[str, Reading]] = field(default_factory=list)
    nodes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the Keras layer that it is named after."""
        return self.config.name

    def arrays(self, keras: ModuleType, model: Any) -> Mapping[str, np.ndarray]:
        """Its weights, from the Keras model."""
        arrays = self.reading.arrays(keras, find_layer(model, self.layers[0]))
        for name, reading in self.scaled:
            more = reading.arrays(keras, find_layer(model, name))
            # Right at the edges of an image too: outputs are what is scaled, and pads are inputs.
            arrays = {
                "weights": arrays["weights"] * more["scale"],
                "bias": arrays["bias"] * more["scale"] + more["shift"],
            }
        return arrays
