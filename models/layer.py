"""The interface of all types of layers, and how a type is read from a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.files.fields import Fields

__all__ = ["Cost", "Layer", "LayerType", "Mismatch", "Shape", "only_shape", "require"]

Shape = tuple[int, ...]  # of one sample


class Mismatch(ValueError):
    """A layer, its inputs or its weights are not as they must be.

    Parameters
    ----------
    expected, got:
        What was expected and what came, for ``expected ..., got ...``.
    where:
        The layer, such as ``layer 'conv1'``; empty while that is not known.
    """

    def __init__(self, expected: str, got: object, where: str = ""):
        super().__init__(f"{where + ': ' if where else ''}expected {expected}, got {got}")
        self.expected, self.got, self.where = expected, str(got), where


def require(good: bool, expected: str, got: object) -> None:
    """Raise `Mismatch` unless `good`."""
    if not good:
        raise Mismatch(expected, got)


def only_shape(shapes: Sequence[Shape], *axes: str) -> Shape:
    """Shape of a layer's only input; `Mismatch` unless there is one, with these axes."""
    if len(shapes) != 1:
        raise Mismatch("one input", len(shapes))
    if axes and len(shapes[0]) != len(axes):
        raise Mismatch(f"an input ({', '.join(axes)})", f"shape {shapes[0]}")
    return shapes[0]


@dataclass(frozen=True)
class Cost:
    """Operations of a layer for one inference.

    The convention is that of TensorFlow's profiler, which the paper uses (Section 2.2): products
    of matrices and convolutions 2 a MAC, bias 1 an output, maximum pooling 1 a value of each
    window, global average 1 an input, softmax 5 an element, any other activation 0.

    Parameters
    ----------
    macs:
        Multiplications of a product of matrices or convolution, each with its addition.
    flops:
        Floating-point operations.
    profiled_flops:
        How many of them the paper's profiler saw: of a loop over time steps, one step.
    """

    macs: int
    flops: int
    profiled_flops: int


class Layer:
    """A layer without its weights. Subclasses are frozen dataclasses of the type's own fields.

    `shapes` are always those of the inputs, without the axis of the samples.
    """

    in_place = False  # the output lies where the inputs lie: nothing is moved
    same_if_turned = False  # exchanging rows and columns before it or after it gives the same
    takes_windows = False  # all time steps of a sample together, so that none can come by itself
    trained = True  # its weights, if it has any; those of others are the same on any day

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Shape of the output; `Mismatch` if the layer cannot take such inputs."""
        raise NotImplementedError

    def weight_shapes(self, shapes: Sequence[Shape]) -> dict[str, Shape]:
        """Shape of each array of weights, in the order in which Keras has them."""
        return {}

    def output_activation(self) -> str | None:
        """Name of the activation function that gives the outputs, or ``softmax``.

        ``linear`` if there is none; None if the outputs are values of the inputs, unchanged.
        """
        return "linear"

    def turned(
        self, weights: Mapping[str, np.ndarray]
    ) -> tuple["Layer", Mapping[str, np.ndarray]] | None:
        """The layer and weights that compute the same on images with rows and columns exchanged;
        None if there is no such layer."""
        return (self, weights) if self.same_if_turned else None

    def state_values(self) -> int:
        """How many values are carried from one time step to the next."""
        return 0

    def cost(self, shapes: Sequence[Shape]) -> Cost:
        """Operations of one inference."""
        return Cost(0, 0, 0)

    def forward(
        self, tensors: Sequence[np.ndarray], weights: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """The output (samples, ...) of inputs (samples, ...) each, in their float type."""
        raise NotImplementedError

    def to_keras(self, keras: ModuleType, name: str) -> Any:
        """The Keras layer."""
        raise NotImplementedError


@dataclass(frozen=True)
class LayerType:
    """A type of layer in ``network.json``.

    Parameters
    ----------
    name:
        Value of the key ``type``.
    layer:
        Class of its layers; its fields are the other keys. A field with a default value may be
        left out.
    read:
        ``read(fields)`` gives the layer that a JSON object describes, or raises `InputError`.
    """

    name: str
    layer: type[Layer]
    read: Callable[[Fields], Layer]
