"""Formats that were given: those of networks trained with fixed-point values.

Layers of type ``fixed_point`` have them. What is between two of these is computed exactly, so that
integers equal those of the tool that trained the network.
"""

from collections.abc import Mapping

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.golden import GoldenData
from build_decoder.models.layers.fixed_point import FixedPoint
from build_decoder.models.network import Network, Node
from build_decoder.quant.advice import advice
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey, integer_model
from build_decoder.quant.held_out import held_out_told
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import MAX_WIDTH, QFormat, exact_fraction
from build_decoder.quant.quality import Reference
from build_decoder.quant.quantised import Quantised
from build_decoder.quant.search_result import SearchResult, Step, average_width
from build_decoder.quant.standard import Standard

__all__ = ["GIVEN", "given_quantised", "has_given"]

GIVEN = "given"
"""Name of what stands in for a search."""

_MOST_WEIGHT_BITS = 20  # more are no weights that were rounded in training
_EXACT = ("linear", "relu")


def has_given(network: Network) -> bool:
    """Whether formats of the network were given."""
    return any(isinstance(node.layer, FixedPoint) for node in network.nodes)


def given_quantised(
    network: Network,
    golden: GoldenData,
    *,
    max_loss: float,
    max_error: float,
    others: Mapping[str, bool],
) -> Quantised:
    """The integer model of a network that has its formats, in the place of what a search finds.

    Parameters
    ----------
    max_loss, max_error
        As for :func:`quant.quantise.quantise`.
    others
        What was asked for beside, by the names of options, none of which such a network has.

    Raises
    ------
    InputError
        An input or a layer does not follow from them exactly, or golden inputs lie between two
        values of their format, which hosts and training tools round differently.
    """
    for name, asked in others.items():
        if asked:
            raise InputError(
                f"{network.name}: expected no --{name}, as its formats were given, got it"
            )
    searched = golden.search
    criterion = Criterion.for_task(searched.task, max_loss=max_loss, max_error=max_error)
    formats = _formats(network, golden)
    model = integer_model(network, formats)
    y = model.predict(golden.x, steps=golden.steps)
    seen = Reference(searched).compare(y[~golden.held_out])
    unseen = None
    if golden.held_out.any():
        unseen = Reference(golden.unseen, scale=searched).compare(y[golden.held_out])
    step = Step(GIVEN, formats, average_width(network, formats), seen, 0, 0.0)
    standard = Standard(network, searched, criterion)
    return Quantised(
        model=model,
        search=SearchResult(GIVEN, network, (step,), np.zeros(len(searched), dtype=bool)),
        seen=seen,
        unseen=unseen,
        all=Reference(golden).compare(y),
        max_error=criterion.max_error if golden.task.keeps_values else None,
        # Inputs beyond a format that was trained with are limited in the network in floats too.
        warnings=(
            *advice(golden, [], standard, criterion, seen, 0, GIVEN),
            *held_out_told(golden, y, max_error=criterion.max_error),
        ),
    )


def _formats(network: Network, golden: GoldenData) -> NetworkFormats:
    formats: dict[NodeKey, QFormat] = {}
    edges: dict[str, QFormat] = {}
    for item in network.given_inputs:
        format = _input_format(network, item.name)
        formats[NodeKey(item.name, INPUT)] = format
        _check_ties(network, golden, format)
    for item in network.inputs:
        edges[item.name] = formats[NodeKey(item.of or item.name, INPUT)]
    for node in network.nodes:
        taken = tuple(edges[name] for name in node.inputs)
        own = _roles(network, node, taken)
        formats.update((NodeKey(node.name, role), format) for role, format in own.items())
        edges[node.name] = quantiser_of(node.layer).output(node.layer, taken, own)
    return formats


def _input_format(network: Network, name: str) -> QFormat:
    """The format that all layers round an input to."""
    names = {name} | {item.name for item in network.inputs if item.of == name}
    layers = {node.layer for node in network.nodes if names & set(node.inputs)}
    if len(layers) != 1 or not isinstance(layer := layers.pop(), FixedPoint):
        raise InputError(
            f"{network.name}: expected a Quant right behind the input {name!r}, as formats of "
            "other layers were given, got another layer"
        )
    return QFormat(layer.integer, layer.fraction, layer.signed)


def _check_ties(network: Network, golden: GoldenData, format: QFormat) -> None:
    steps = golden.x * 2.0**format.fraction
    tie = np.argwhere(steps - np.floor(steps) == 0.5)
    if len(tie):
        sample, place = tie[0][0], tie[0][1]
        raise InputError(
            f"golden data: x: expected values that do not lie half-way between two of {format}, "
            f"which hosts and training tools round differently, got {golden.x[sample, place]:g} "
            f"(sample {sample}, input {place}): round x to that format"
        )


def _roles(
    network: Network, node: Node, taken: tuple[QFormat, ...]
) -> Mapping[str, QFormat]:
    roles = [role.name for role in quantiser_of(node.layer).roles(node.layer)]
    try:
        if not roles:
            return {}
        if roles == ["weight", "accumulator", "bias", "sum", "output"]:
            return _exact_sums(network, node, taken[0])
        if roles == ["output"] and type(node.layer).__name__ == "Add":
            total = Span.of(taken[0])
            for format in taken[1:]:
                total += Span.of(format)
            return {"output": total.format}
    except ValueError as error:
        raise _error(network, node, "sums of at most 48 bits", str(error)) from None
    raise _error(
        network, node, "dense layers, convolutions and sums, as formats were given",
        type(node.layer).__name__,
    )


def _exact_sums(network: Network, node: Node, taken: QFormat) -> Mapping[str, QFormat]:
    """Formats of a layer with weights in which nothing is lost."""
    activation = node.layer.activation
    if activation not in _EXACT:
        raise _error(network, node, f"an activation of {' or '.join(_EXACT)}", activation)
    weight = _holding(network, node, "weights", _MOST_WEIGHT_BITS)
    bias = _holding(network, node, "bias", MAX_WIDTH)
    products = Products(taken, RawArray.of(node.weights["weights"], weight))
    sums = Span(products.fraction, min(products.low, 0), max(products.high, 0))
    biased = sums + Span.of(bias)
    rectified = Span(biased.fraction, 0, max(biased.high, 1))
    output = biased.format
    if activation == "relu":
        output = QFormat.for_raw_range(
            0, rectified.high, fraction=biased.fraction, signed=False
        )
    return {
        "weight": weight,
        "accumulator": sums.format,
        "bias": bias,
        "sum": biased.format,
        "output": output,
    }


def _holding(network: Network, node: Node, name: str, most: int) -> QFormat:
    """The narrowest signed format that holds an array exactly."""
    values = node.weights[name]
    fraction = exact_fraction(values)
    raw = np.round(values * 2.0**fraction)
    largest = float(np.abs(raw).max())
    if fraction >= MAX_WIDTH or largest >= 2.0 ** (most - 1):
        raise _error(
            network, node, f"{name} of at most {most} bits (a Quant of {name}, and no "
            "BatchNormalization behind)", f"values such as {values.flat[0]:.9g}",
        )
    return QFormat.for_raw_range(int(raw.min()), int(raw.max()), fraction=fraction)


def _error(network: Network, node: Node, expected: str, got: str) -> InputError:
    return InputError.at(network.name, f"layer {node.name!r}", expected=expected, got=got)
