"""Makes a network's nodes of a Keras model's layers, with branches or without."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.architecture import Architecture, Input, Node
from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_file.forms import input_forms
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.names import node_names
from build_decoder.models.files.keras_file.part import Part
from build_decoder.models.files.keras_file.parts import read_parts
from build_decoder.models.files.keras_file.reading import Form
from build_decoder.models.layer import Mismatch, Shape
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS
from build_decoder.models.network import Network
from build_decoder.models.walk import Walk

__all__ = ["Graph", "make_graph"]


@dataclass(frozen=True)
class Graph:
    """A Keras model as layers of ours.

    Parameters
    ----------
    architecture:
        The network without its weights.
    shapes:
        Of a sample of each of the model's inputs, in Keras's axes.
    parts:
        What its nodes stand for, in their order.
    """

    architecture: Architecture
    shapes: tuple[Shape, ...]
    parts: tuple[Part, ...]

    @property
    def stored(self) -> int:
        """Values that Keras allocates for the model, biases not counted."""
        readings = [part.reading for part in self.parts]
        readings += [reading for part in self.parts for _, reading in part.scaled]
        return sum(reading.stored for reading in readings)

    def network(self, keras: ModuleType, model: Any) -> Network:
        """The network, with the weights of the Keras model."""
        with np.errstate(all="ignore"):  # a variance may be negative
            arrays = {part.nodes[0]: part.arrays(keras, model) for part in self.parts}
        weights = {name: array for name, array in arrays.items() if array}
        return Network.of(self.architecture, weights)


def make_graph(path: Path, name: str, layers: tuple[LayerConfig, ...]) -> Graph:
    """The nodes of a model, its inputs first and each layer after its own inputs.

    Raises
    ------
    InputError
        A layer computes what no layer of ours does. The message names it.
    """
    inputs, parts = read_parts(layers)
    try:
        graph = Graph(_architecture(name, inputs, parts), tuple(inputs.values()), parts)
    except Mismatch as error:
        raise InputError.at(path, error.where, expected=error.expected, got=error.got) from None
    if graph.stored > MAX_GRAPH_WEIGHTS:
        expected = f"at most {MAX_GRAPH_WEIGHTS} weights in all"
        raise InputError.at(path, "", expected=expected, got=str(graph.stored))
    return graph


@dataclass(frozen=True)
class _Given:
    """An input of the network, in one of the forms in which it is taken.

    Parameters
    ----------
    source:
        Name of its InputLayer.
    form:
        Of its time steps; None where it has other axes.
    shape:
        Of a sample.
    repeats:
        Whether the same input comes before it in another form.
    """

    source: str
    form: Form | None
    shape: Shape
    repeats: bool

    @property
    def path(self) -> str:
        """The name that the node's name is made from."""
        return f"{self.source}_image" if self.repeats else self.source


def _architecture(name: str, inputs: Mapping[str, Shape], parts: tuple[Part, ...]) -> Architecture:
    forms = input_forms(parts, inputs)
    given = list(_in_their_forms(inputs, forms))
    paths = [item.path for item in given]
    for part in parts:
        paths += [part.name, f"{part.name}_softmax"] if part.reading.softmax else [part.name]
    called = iter(node_names(paths))
    links = {(item.source, item.form): next(called) for item in given}
    made = [_input(item, links) for item in given]
    nodes = []
    for part in parts:
        keys = [(source, forms.get((source, part.name))) for source in part.sources]
        nodes.append(Node(next(called), tuple(links[key] for key in keys), part.reading.layer))
        part.nodes = (nodes[-1].name,)
        if part.reading.softmax:
            nodes.append(Node(next(called), part.nodes, Softmax()))
            part.nodes += (nodes[-1].name,)
        links[part.name, None] = nodes[-1].name
    return Architecture(name, tuple(made), tuple(nodes))


def _in_their_forms(
    inputs: Mapping[str, Shape], forms: Mapping[tuple[str, str], Form]
) -> Iterator[_Given]:
    for source, shape in inputs.items():
        wanted = {form for (taken, _), form in forms.items() if taken == source}
        if not wanted:
            yield _Given(source, None, shape, repeats=False)
        for index, form in enumerate(form for form in Form if form in wanted):
            axes = shape if form == Form.SERIES else (shape[0], 1, shape[1])
            yield _Given(source, form, axes, repeats=index > 0)


def _input(item: _Given, links: Mapping[tuple[str, Form | None], str]) -> Input:
    name = links[item.source, item.form]
    if not item.repeats:
        return Input(name, item.shape)
    walk = Walk(((math.prod(item.shape), 1),))
    return Input(name, item.shape, of=links[item.source, Form.SERIES], walk=walk)
