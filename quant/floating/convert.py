"""From a trained network to a decoder in floating point: nothing is searched."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.layers import type_of
from build_decoder.models.network import Network, Node
from build_decoder.quant.activations import IntegerActivation, integer_activation
from build_decoder.quant.floating.add import FloatAdd
from build_decoder.quant.floating.average_pool import FloatAveragePool
from build_decoder.quant.floating.conv2d import FloatConv2d
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool
from build_decoder.quant.floating.seen import Extent, held, values_seen
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import IntegerLayer, Parts
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.qformat import QFormat

__all__ = ["ACTIVATIONS", "float_model"]

_BOUNDED = {"sigmoid": (0, 1), "tanh": (-1, 1)}
"""Least and greatest result of activations that have a form."""

ACTIVATIONS = ("linear", "relu", *_BOUNDED)
"""Activations of layers in floating point."""

_MOST_FRACTION = 14
"""Most fraction bits of a form's output: its input then has at most 20, all of which are tried."""

_PASSING = ("concat", "decision", "flatten", "max_pool", "steps", "stride")
"""Types that hand codes on, or compare them: their layers in integers take any format."""

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
    ranges = _ranges(network, x, format)
    nodes, inputs = [], {item.name: format for item in network.inputs}
    for node in network.nodes:
        shapes, layer = network.input_shapes(node), node.layer
        kind = type_of(layer).name
        if kind in _PASSING:
            taken = tuple(inputs[name] for name in node.inputs)
            made = quantiser_of(layer).integer(Parts(layer, shapes, taken))
        else:
            greatest, least = _together([ranges[name] for name in node.inputs])
            ends = {"input": format, "output": format, "greatest": greatest, "least": least}
            if kind in _ADDING:
                made = _ADDING[kind](layer, shapes, **ends)
            else:
                made = _WEIGHTED[kind](
                    shapes[0], **ends, weight=format, rectified=layer.activation == "relu",
                    weights=format.encode(node.weights["weights"]),
                    biases=format.encode(node.weights["bias"]),
                    form=_form(format, layer.activation, uniform_segments),
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
    if kind not in _WEIGHTED:
        raise InputError.at(
            network.name, place,
            expected=f"a type that there is in floating point ({format}), which are "
            f"{', '.join(sorted((*_WEIGHTED, *_ADDING, *_PASSING)))}",
            got=kind,
        )
    if node.layer.activation not in ACTIVATIONS:
        raise InputError.at(
            network.name, place,
            expected=f"an activation of {', '.join(ACTIVATIONS)} in floating point",
            got=node.layer.activation,
        )
    try:
        held(format, node.weights["weights"], "weights")
        held(format, node.weights["bias"], "biases")
    except ValueError as error:
        raise InputError(f"{network.name}: {place}: {error}") from None


def _ranges(network: Network, x: np.ndarray, format: FloatFormat) -> dict[str, tuple[int, int]]:
    """The greatest code, and the exponent of the last bit, of the values of inputs and nodes that
    go into sums."""
    known, extents = _bounded(network, format), {}
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


def _bounded(network: Network, format: FloatFormat) -> dict[str, tuple[int, int]]:
    """The same of nodes all of whose values come out of forms."""
    known: dict[str, tuple[int, int]] = {}
    for node in network.nodes:
        if getattr(node.layer, "activation", None) in _BOUNDED:
            last = max(-_form_fraction(format), format.least_exponent)
            known[node.name] = int(format.encode(1.0)), last
        elif type_of(node.layer).name in _PASSING and known.keys() >= set(node.inputs):
            known[node.name] = _together([known[name] for name in node.inputs])
    return known


def _together(ranges: list[tuple[int, int]]) -> tuple[int, int]:
    """The range that holds all of them."""
    greatest, last = zip(*ranges, strict=True)
    return max(greatest), min(last)


def _form_fraction(format: FloatFormat) -> int:
    """Fraction bits of a form's output: a bit more than a significand has."""
    return min(format.fraction + 2, _MOST_FRACTION)


def _form(
    format: FloatFormat, activation: str, uniform_segments: int | None
) -> IntegerActivation | None:
    """The form of an activation; None of one that has none."""
    if activation not in _BOUNDED:
        return None
    least, greatest = _BOUNDED[activation]
    fraction = _form_fraction(format)
    output = QFormat(1 + (least < 0), fraction, signed=least < 0)
    # Half an output step from the end that it approaches, it may as well be there.
    flat = (fraction + 2) * math.log(2) * (1 if least == 0 else 0.5)
    into = QFormat(1 + math.ceil(math.log2(flat)), fraction + 1)
    return integer_activation(activation, into, output, uniform_segments=uniform_segments)
