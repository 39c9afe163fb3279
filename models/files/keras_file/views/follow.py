"""Follows the tensors of a Keras model from its inputs to its output."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from build_decoder.models.files.keras_file.kinds import PASSED
from build_decoder.models.files.keras_file.layer_config import INPUT, LayerConfig
from build_decoder.models.files.keras_file.loadable import find_layer
from build_decoder.models.files.keras_file.settings import check_inner, input_shape
from build_decoder.models.files.keras_file.views.moves import HANDED_ON
from build_decoder.models.files.keras_file.views.padding import padding_joined
from build_decoder.models.files.keras_file.views.readers import READERS
from build_decoder.models.files.keras_file.views.reading import LayerNode, ViewReading
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.follow import Followed
from build_decoder.models.layer import Shape
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS, MAX_TENSOR_VALUES

__all__ = ["ViewPlan", "follow_views", "plan_views"]

_SAMPLES = 2  # enough to tell the axis of samples from others
_MOST_VALUES = MAX_TENSOR_VALUES // 8  # a place takes eight times as much as its value


@dataclass(frozen=True)
class ViewPlan:
    """What each layer of a model does, known without its weights.

    Parameters
    ----------
    layers:
        The inputs, then each after its own inputs.
    shapes:
        Of a sample that each layer gives, in Keras's axes, by its name.
    readings:
        Of each layer that is no input of the model.
    """

    layers: tuple[LayerConfig, ...]
    shapes: Mapping[str, Shape]
    readings: Mapping[str, ViewReading]

    @property
    def stored(self) -> int:
        """Values that Keras allocates for the model, biases not counted."""
        return sum(reading.stored for reading in self.readings.values())


def plan_views(layers: tuple[LayerConfig, ...]) -> ViewPlan:
    """What the layers of a model do; `InputError` where one does what is not read."""
    layers = padding_joined(layers)
    shapes: dict[str, Shape] = {}
    readings: dict[str, ViewReading] = {}
    for layer in layers:
        if layer.kind == INPUT and not layer.sources:
            shapes[layer.name] = input_shape(layer, _MOST_VALUES)
            continue
        taken = [shapes[name] for name in layer.sources]
        if layer.kind == INPUT:
            check_inner(layer, taken[0])
        passed = layer.kind in (INPUT, *PASSED)
        reading = (HANDED_ON if passed else READERS[layer.kind])(layer, taken)
        if math.prod(reading.shape) > _MOST_VALUES:
            raise layer.error(f"at most {_MOST_VALUES} values", f"{math.prod(reading.shape)}")
        shapes[layer.name], readings[layer.name] = reading.shape, reading
    plan = ViewPlan(layers, shapes, readings)
    if plan.stored > MAX_GRAPH_WEIGHTS:
        raise layers[-1].error(f"at most {MAX_GRAPH_WEIGHTS} weights in all", str(plan.stored))
    return plan


def follow_views(plan: ViewPlan, keras: ModuleType, model: Any) -> Followed:
    """The drafts of a loaded model; `InputError` where no layer of ours computes what one does."""
    graph = Graph(_SAMPLES)
    users = Counter(name for layer in plan.layers for name in layer.sources)
    users[plan.layers[-1].name] += 1
    views: dict[str, View] = {}
    inputs = []
    for layer in plan.layers:
        reading = plan.readings.get(layer.name)
        if reading is None:
            draft = graph.given(layer.name, plan.shapes[layer.name])
            inputs.append(draft)
            views[layer.name] = replace(graph.whole(draft), alone=users[layer.name] == 1)
            continue
        node, taken = LayerNode.of(layer), [views[name] for name in layer.sources]
        # Operations and inputs are no layers of a loaded model, and have no weights.
        plain = layer.kind == INPUT or "." in layer.kind
        loaded = None if plain else find_layer(model, layer.name)
        try:
            view = reading.run(graph, node, taken, keras, loaded)
        except (IndexError, ValueError):  # of numpy
            sizes = [each.places.shape[1:] for each in taken]
            raise node.error("values as its kind takes them", f"shapes {sizes}") from None
        if view.places.shape[1:] != reading.shape:
            raise node.error(f"samples of shape {reading.shape}", f"{view.places.shape[1:]}")
        view = replace(view, alone=view.alone and users[layer.name] == 1)
        for each in (view, view.known()):
            each.draft.tensors.append((layer.name, each))
        views[layer.name] = view
    return Followed(graph, tuple(inputs), views[plan.layers[-1].name].known())
