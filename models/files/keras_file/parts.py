"""Follows a Keras model's layers, and joins Keras layers that are one layer of the network."""

from collections import Counter
from dataclasses import dataclass, replace

from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_file.kinds import ACTIVATIONS, PASSED, REVERSAL
from build_decoder.models.files.keras_file.layer_config import INPUT, LayerConfig
from build_decoder.models.files.keras_file.part import Part
from build_decoder.models.files.keras_file.readers import READERS
from build_decoder.models.files.keras_file.readers.moving import dropout_rate
from build_decoder.models.files.keras_file.reading import Reading, only_input
from build_decoder.models.files.keras_file.settings import (
    SOFTMAX,
    check_inner,
    input_shape,
    layer_activation,
)
from build_decoder.models.layer import Shape
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.limits import MAX_TENSOR_VALUES

__all__ = ["read_parts"]


def read_parts(layers: tuple[LayerConfig, ...]) -> tuple[dict[str, Shape], tuple[Part, ...]]:
    """The shape of each input, in Keras's axes, and the parts, each after its inputs.

    `InputError` if no layer of ours computes the same as a layer of the model.
    """
    reader = _Reader(layers)
    for layer in layers:
        reader.read(layer)
    return reader.inputs, tuple(reader.parts.values())


@dataclass(frozen=True)
class _Tensor:
    """Output of a Keras layer.

    Parameters
    ----------
    source:
        Name of the part or input that gives it.
    shape:
        Of a sample, in Keras's axes.
    alone:
        Whether one layer alone takes it, and whatever it was handed on from.
    reversed:
        Whether its steps are in the other order than the part gives them.
    """

    source: str
    shape: Shape
    alone: bool
    reversed: bool = False


class _Reader:
    def __init__(self, layers: tuple[LayerConfig, ...]):
        self.inputs: dict[str, Shape] = {}
        self.parts: dict[str, Part] = {}
        self._tensors: dict[str, _Tensor] = {}
        self._taken_by: dict[str, list[_Tensor]] = {}
        self._users = Counter(source for layer in layers for source in layer.sources)

    def read(self, layer: LayerConfig) -> None:
        """Read the next layer."""
        taken = [self._tensors[name] for name in layer.sources]
        if layer.kind == INPUT and not taken:
            shape = input_shape(layer, MAX_TENSOR_VALUES)
            self.inputs[layer.name] = shape
            self._give(layer, _Tensor(layer.name, shape, alone=True))
            return
        shapes = [tensor.shape for tensor in taken]
        if layer.kind not in READERS or layer.kind in PASSED:
            only_input(layer, shapes)
        if layer.kind == INPUT:
            check_inner(layer, shapes[0])
        if layer.kind == REVERSAL:
            self._reverse(layer, taken[0])
        elif layer.kind in (INPUT, *PASSED) and not _drops(layer):
            self._give(layer, taken[0])
        elif layer.kind in ACTIVATIONS:
            self._activate(layer, taken[0])
        elif layer.kind in READERS:
            self._add(layer, READERS[layer.kind](layer, shapes), taken)
        else:
            raise layer.error("a layer that moves no values", layer.kind)

    def _give(self, layer: LayerConfig, tensor: _Tensor) -> None:
        users = self._users[layer.name]
        if tensor.reversed and not users:
            raise _in_order(layer, tensor)
        self._tensors[layer.name] = replace(tensor, alone=tensor.alone and users == 1)

    def _add(self, layer: LayerConfig, reading: Reading, taken: list[_Tensor]) -> None:
        for tensor in taken:
            if tensor.reversed:
                raise _in_order(layer, tensor)
        sources, shapes = [x.source for x in taken], [x.shape for x in taken]
        self.parts[layer.name] = Part(layer, reading, sources, shapes, [layer.name])
        self._taken_by[layer.name] = taken
        self._give(layer, _Tensor(layer.name, reading.shape, True, reading.reversed))

    def _reverse(self, layer: LayerConfig, tensor: _Tensor) -> None:
        if not tensor.reversed:
            raise layer.error(
                "a recurrent layer with go_backwards=True and return_sequences=True before it",
                repr(tensor.source),
            )
        part = self.parts[tensor.source]
        if len(part.layers) == 1:
            part.layers.append(layer.name)
        self._give(layer, replace(tensor, reversed=False))

    def _activate(self, layer: LayerConfig, tensor: _Tensor) -> None:
        name = layer_activation(layer, tensor.shape[-1], len(tensor.shape))
        if name == SOFTMAX:
            self._add(layer, Reading(Softmax(), tensor.shape), [tensor])
        elif name == "linear":
            self._give(layer, tensor)
        else:
            self._give(layer, self._into_linear(layer, name, tensor))

    def _into_linear(self, layer: LayerConfig, name: str, tensor: _Tensor) -> _Tensor:
        """Let the linear layer before an activation have it, what is between folded into it."""
        between: list[Part] = []
        before = tensor
        while before.alone and before.source in self.parts:
            part = self.parts[before.source]
            if not isinstance(part.reading.layer, Affine | Dropout):
                break
            between.append(part)
            (before,) = self._taken_by[part.name]
        carrier = self.parts.get(before.source)
        if carrier is None or not _is_linear(carrier.reading) or not before.alone:
            raise layer.error(
                "a linear Dense, Conv1D or Conv2D before it that no other layer takes",
                _described(carrier) if carrier is not None else f"input {before.source!r}",
            )
        for part in reversed(between):
            if isinstance(part.reading.layer, Affine):
                carrier.scaled.append((part.layers[0], part.reading))
                carrier.layers += part.layers
                del self.parts[part.name]
            else:
                part.sources = [before.source]
                self._taken_by[part.name] = [before]
                before = replace(before, source=part.name)
        carrier.layers.append(layer.name)
        activated = replace(carrier.reading.layer, activation=name)
        carrier.reading = replace(carrier.reading, layer=activated)
        return before


def _drops(layer: LayerConfig) -> bool:
    return layer.kind == "Dropout" and dropout_rate(layer) > 0


def _is_linear(reading: Reading) -> bool:
    layer = reading.layer
    dense = isinstance(layer, Dense | Conv2d) and not reading.softmax
    return dense and layer.activation == "linear"


def _described(part: Part) -> str:
    layer = part.reading.layer
    if _is_linear(part.reading):
        return f"{part.name!r}, which other layers take"
    activation = getattr(layer, "activation", None)
    if activation is None or part.reading.softmax:
        return f"{part.name!r}, which is {part.config.kind}"
    return f"{activation} of {part.name!r}"


def _in_order(layer: LayerConfig, tensor: _Tensor) -> InputError:
    return layer.error(
        "steps in the order of time",
        f"{tensor.source!r} with go_backwards=True: put models.keras_layers.TimeReversal after it",
    )
