"""What every layer of a network offers, and how a type of layer is read and written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from build_decoder.models.fields import Fields

__all__ = ["Layer", "LayerType"]


class Layer(Protocol):
    """A trained layer, in floats."""

    @property
    def input_count(self) -> int:
        """Values that it takes a sample."""

    @property
    def output_count(self) -> int:
        """Values that it gives a sample."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        """From (samples, inputs) to (samples, outputs), float64."""


@dataclass(frozen=True)
class LayerType:
    """A type of layer in ``network.json``.

    Parameters
    ----------
    name:
        Value of the key ``type``.
    layer:
        Class of its layers.
    read:
        ``read(fields, input_count, folder)`` gives the layer that a JSON object describes, or
        raises `InputError`.
    write:
        ``write(layer, stem, folder)`` writes the layer's arrays into `folder`, in files whose
        names begin with `stem`, and gives the JSON object that describes it.
    """

    name: str
    layer: type[Layer]
    read: Callable[[Fields, int, Path], Layer]
    write: Callable[[Layer, str, Path], dict[str, Any]]
