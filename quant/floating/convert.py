"""From a trained network to a decoder in floating point: nothing is searched."""

from collections.abc import Callable, Mapping

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.layers import type_of
from build_decoder.models.network import Network, Node
from build_decoder.quant.floating.add import FloatAdd
from build_decoder.quant.floating.average_pool import FloatAveragePool
from build_decoder.quant.floating.conv2d import FloatConv2d
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.forms import BOUNDED, bounded_form, form_fraction
from build_decoder.quant.floating.from_attention import float_attention
from build_decoder.quant.floating.from_gru import float_gru, gru_range
from build_decoder.quant.floating.from_lstm import float_lstm, lstm_range
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool
from build_decoder.quant.floating.seen import Extent, held, together, values_seen
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import IntegerLayer, Parts
from build_decoder.quant.layers import quantiser_of

__all__ = ["ACTIVATIONS", "float_model"]

ACTIVATIONS = ("linear", "relu", *BOUNDED)
"""Activations of layers in floating point."""

_PASSING = ("concat", "decision", "flatten", "max_pool", "steps", "stride")
"""Types that hand codes on, or compare them: their layers in integers take any format."""

_NAMES = {"bias": "biases", "recurrent": "recurrent weights"}
"""What errors call arrays, where that is not their name."""

_WEIGHTED: Mapping[str, Callable[..., IntegerLayer]] = {
    "conv2d": lambda shape, **others: FloatConv2d(shape=tuple(shape), **others),
    "dense": lambda shape, **others: FloatDense(**others),
}
"""What makes the layers of types that have weights, of the shape of their input."""

_ADDING: Mapping[str, Callable[..., IntegerLayer]] = {
    "add": lambda layer, shapes, **ends: FloatAdd(
        count=len(shapes), output_shape=tuple(shapes[0]), **ends
    ),
    "average_pool": lambda layer, shapes, **ends: FloatAveragePool(
        size=layer.size, shape=tuple(shapes[0]), **ends
    ),
    "global_average_pool": lambda layer, shapes, **ends: FloatGlobalAveragePool(
        shape=tuple(shapes[0]), **ends
    ),
}
"""What makes those of types that add values up, of the layer in floats and shapes of its inputs."""


_OVER_TIME: Mapping[str, Callable[..., IntegerLayer]] = {
    "attention": float_attention, "gru": float_gru, "lstm": float_lstm
}  # fmt: skip
"""What makes the layers of types that go over time steps: see :func:`float_lstm`."""

_STATE_RANGES: Mapping[str, Callable[..., tuple[int, int]]] = {
    "gru": gru_range, "lstm": lstm_range
}  # fmt: skip
"""The range of the outputs of these."""


def float_model(
    network: Network,
    x: np.ndarray,
    format: FloatFormat,
    *,
    uniform_segments: int | None = None,
) -> IntegerModel:
    """A network in one format: of weights, biases, inputs and outputs of all layers.

    Inputs of a layer are taken from the range that those of ``x`` have: see
    :meth:`quant.floating.seen.Extent.range`. Outputs of sigmoid and tanh have a range of their own.

    Parameters
    ----------
    network
        Of dense layers, convolutions, means and sums, and what hands values on between them.
    x
        Real inputs (samples, inputs) that ranges are taken from.
    format
        The format.
    uniform_segments
        As of :func:`quant.activations.integer_activation`.

    Raises
    ------
    InputError
        If the network has another layer or activation, or the format does not hold its values.
    """
    for node in network.nodes:
        _check(network, node, format)
    ranges = _ranges(network, x, format, uniform_segments)
    nodes, inputs = [], {item.name: format for item in network.inputs}
    for node in network.nodes:
        shapes, layer = network.input_shapes(node), node.layer
        kind = type_of(layer).name
        if kind in _PASSING:
            taken = tuple(inputs[name] for name in node.inputs)
            made = quantiser_of(layer).integer(Parts(layer, shapes, taken))
        else:
            taken = together([ranges[name] for name in node.inputs])
            greatest, least = taken
            ends = {"input": format, "output": format, "greatest": greatest, "least": least}
            if kind in _ADDING:
                made = _ADDING[kind](layer, shapes, **ends)
            elif kind in _OVER_TIME:
                made = _OVER_TIME[kind](
                    layer, shapes[0], node.weights, format, taken, uniform_segments
                )
            else:
                made = _WEIGHTED[kind](
                    shapes[0], **ends, weight=format, rectified=layer.activation == "relu",
                    weights=format.encode(node.weights["weights"]),
                    biases=format.encode(node.weights["bias"]),
                    form=bounded_form(format, layer.activation, uniform_segments)
                    if layer.activation in BOUNDED else None,
                )  # fmt: skip
        inputs[node.name] = made.output
        nodes.append(ModelNode(node.name, node.inputs, made))
    return IntegerModel(
        network.name,
        tuple(
            ModelInput(item.name, item.shape, format, item.of, item.walk)
            for item in network.inputs
        ),
        tuple(nodes),
    )


def _check(network: Network, node: Node, format: FloatFormat) -> None:
    """Check that there is a layer in floating point, and that the format holds its weights."""
    kind, place = type_of(node.layer).name, f"layer {node.name!r}"
    if kind in (*_PASSING, *_ADDING):
        return
    if kind not in (*_WEIGHTED, *_OVER_TIME):
        raise InputError.at(
            network.name, place,
            expected=f"a type that there is in floating point ({format}), which are "
            f"{', '.join(sorted((*_WEIGHTED, *_OVER_TIME, *_ADDING, *_PASSING)))}",
            got=kind,
        )
    if network.continuous:
        raise InputError.at(
            network.name, place,
            expected=f"windows, which begin with states of zero, in floating point ({format})",
            got="a continuous network, whose states are kept from sample to sample",
        )
    if kind in _WEIGHTED and node.layer.activation not in ACTIVATIONS:
        raise InputError.at(
            network.name, place,
            expected=f"an activation of {', '.join(ACTIVATIONS)} in floating point",
            got=node.layer.activation,
        )
    try:
        for name, values in node.weights.items():
            held(format, values, _NAMES.get(name, name))
    except ValueError as error:
        raise InputError(f"{network.name}: {place}: {error}") from None


def _ranges(
    network: Network, x: np.ndarray, format: FloatFormat, uniform_segments: int | None
) -> dict[str, tuple[int, int]]:
    """The greatest code, and the exponent of the last bit, of the values of inputs and nodes that
    go into sums."""
    known, extents = _bounded(network, format, uniform_segments), {}
    takers = {
        name: node
        for node in network.nodes if type_of(node.layer).name not in _PASSING
        for name in node.inputs
    }
    for values in values_seen(network, x):
        for name in takers.keys() - known.keys():
            try:
                extent = Extent.of(format, values[name])
            except ValueError as error:
                place = f"layer {takers[name].name!r}"
                raise InputError(f"{network.name}: {place}: {error}") from None
            extents[name] = extents.get(name, extent).with_those_of(extent)
    return known | {name: extent.range(format) for name, extent in extents.items()}


def _bounded(
    network: Network, format: FloatFormat, uniform_segments: int | None
) -> dict[str, tuple[int, int]]:
    """The same of nodes all of whose values come out of forms."""
    known: dict[str, tuple[int, int]] = {}
    for node in network.nodes:
        if getattr(node.layer, "activation", None) in BOUNDED:
            last = max(-form_fraction(format), format.least_exponent)
            known[node.name] = int(format.encode(1.0)), last
        elif (state := _STATE_RANGES.get(type_of(node.layer).name)) is not None:
            known[node.name] = state(format, uniform_segments)
        elif type_of(node.layer).name in _PASSING and known.keys() >= set(node.inputs):
            known[node.name] = together([known[name] for name in node.inputs])
    return known
