"""A trained network, in floats."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer_type import Layer
from build_decoder.models.layers.dense import DenseLayer
from build_decoder.models.task import Task

__all__ = ["DenseLayer", "Network"]


@dataclass(frozen=True)
class Network:
    """A chain of trained layers: the float reference of a decoder.

    Parameters
    ----------
    name:
        Letters, digits, ``_``, ``-`` and ``.``; names folders and Verilog files.
    input_count:
        Values a sample.
    layers:
        At least one; each takes as many values as the one before gives.
    task:
        What the outputs are for, where the network's own files say it.
    """

    name: str
    input_count: int
    layers: tuple[Layer, ...]
    task: Task | None = None

    def __post_init__(self):
        if not self.layers:
            raise ValueError("expected at least one layer, got none")
        count = self.input_count
        for number, layer in enumerate(self.layers, 1):
            if layer.input_count != count:
                raise ValueError(
                    f"layer {number}: expected {count} inputs, got {layer.input_count}"
                )
            count = layer.output_count

    @property
    def output_count(self) -> int:
        """Values that the last layer gives a sample."""
        return self.layers[-1].output_count

    @property
    def topology(self) -> str:
        """Widths from input to output, such as ``800-20-2``."""
        counts = [self.input_count, *(layer.output_count for layer in self.layers)]
        return "-".join(str(count) for count in counts)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """From (samples, inputs) to (samples, outputs), in float64."""
        x = np.asarray(x, dtype=np.float64)
        for layer in self.layers:
            x = layer.forward(x)
        return x
