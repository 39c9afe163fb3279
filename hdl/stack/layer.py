"""Recurrent layers in a row as one layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.rows import rows_of
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.gru import Gru
from build_decoder.quant.layers.lstm import Lstm
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["StackedLayers", "stacked", "stacks"]


@dataclass(frozen=True, eq=False)
class StackedLayers(IntegerLayer):
    """LSTMs, or GRUs, each of which takes all outputs of the one before it.

    Parameters
    ----------
    layers
        Two or more, of one type, that take the first step first.
    names
        Of their nodes.

    Raises
    ------
    ValueError
        If they are others, or one gives its last output alone to another.
    """

    layers: tuple[RecurrentLayer, ...]
    names: tuple[str, ...]

    def __post_init__(self):
        kinds = {type(layer) for layer in self.layers}
        if len(self.layers) < 2 or len(kinds) > 1 or not all(map(_stacks, self.layers)):
            raise ValueError(
                "expected several LSTMs, or GRUs, that take the first step first, got "
                f"{', '.join(type(layer).__name__ for layer in self.layers)}"
            )
        if not all(layer.sequences for layer in self.layers[:-1]):
            raise ValueError("expected layers that give all steps but the last of them")

    @classmethod
    def possible(cls, layers: Sequence[RecurrentLayer]) -> bool:
        """Whether layers that can be stacked can be so in this way."""
        return True

    @property
    def steps(self) -> int:
        """Time steps of a sample."""
        return self.layers[0].steps

    @property
    def sequences(self) -> bool:
        """Whether the outputs of all steps are given."""
        return self.layers[-1].sequences

    @property
    def inputs(self) -> tuple[QFormat, ...]:
        return self.layers[0].inputs

    @property
    def output(self) -> QFormat:
        return self.layers[-1].output

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self.layers[-1].output_shape

    def compute(self, *raw: np.ndarray) -> np.ndarray:
        (values,) = raw
        for layer in self.layers:
            values = layer.compute(values)
        return values


def stacks(model: IntegerModel) -> dict[str, tuple[ModelNode, ...]]:
    """The longest rows of layers of a model that can be stacked, by the names of their last
    nodes."""
    return {nodes[-1].name: nodes for nodes in _rows(model) if len(nodes) > 1}


def stacked(model: IntegerModel, kinds: Mapping[str, type[StackedLayers]]) -> IntegerModel:
    """The model with one layer for each of those :func:`stacks` that end in a node of ``kinds``,
    which tells what layer.

    Raises
    ------
    ValueError
        If none ends there.
    """
    rows = stacks(model)
    if unknown := kinds.keys() - rows.keys():
        raise ValueError(f"expected layers to be stacked that end in {min(unknown)}, got none")
    inside = {node.name for name in kinds for node in rows[name][:-1]}
    nodes = []
    for node in model.nodes:
        if node.name in kinds:
            row = rows[node.name]
            layers = kinds[node.name](
                tuple(each.layer for each in row), tuple(each.name for each in row)
            )
            node = replace(row[0], name=node.name, layer=layers)
        if node.name not in inside:
            nodes.append(node)
    return replace(model, nodes=tuple(nodes))


def _rows(model: IntegerModel) -> list[tuple[ModelNode, ...]]:
    """Each layer that can be stacked once, with those that it can be stacked with."""
    return rows_of(model.nodes, _stacks)


def _stacks(layer: IntegerLayer) -> bool:
    return isinstance(layer, Lstm | Gru) and not layer.backward and not layer.continuous
