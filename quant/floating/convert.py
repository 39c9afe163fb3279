"""From a trained network to a decoder in floating point: nothing is searched."""

import math

import numpy as np

from build_decoder.models.dense_view import DenseView
from build_decoder.models.errors import InputError
from build_decoder.models.network import Network
from build_decoder.quant.activations import IntegerActivation, integer_activation
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.exact_sums import last_bits
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.qformat import QFormat

__all__ = ["ACTIVATIONS", "float_model", "seen_range"]

_BOUNDED = {"sigmoid": (0, 1), "tanh": (-1, 1)}
"""Least and greatest result of activations that have a form."""

ACTIVATIONS = ("linear", "relu", *_BOUNDED)
"""Activations of layers in floating point."""

_GUARD_BITS = 8
"""Bits that inputs have below the last one of the greatest. What is dropped below is 256 times
smaller than what the rounding of the greatest inputs is, and costs an accumulator its width."""

_MOST_FRACTION = 14
"""Most fraction bits of a form's output: its input then has at most 20, all of which are tried."""


def float_model(
    network: Network,
    x: np.ndarray,
    format: FloatFormat,
    *,
    uniform_segments: int | None = None,
) -> IntegerModel:
    """A chain of dense layers in one format: of weights, biases, inputs and outputs.

    Inputs of a layer are taken from the range that those of ``x`` have: see :func:`seen_range`.
    Outputs of sigmoid and tanh have a range of their own.

    Parameters
    ----------
    network
        A chain of dense layers.
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
    if not network.is_dense_chain:
        other = next((n for n in network.nodes if type(n.layer).__name__ != "Dense"), None)
        raise InputError.at(
            network.name, "", expected=f"a chain of dense layers in floating point ({format})",
            got="branches" if other is None else f"layer {other.name!r} of another type",
        )
    item, nodes, taken = network.inputs[0], [], network.inputs[0].name
    y = np.asarray(x, dtype=np.float64).reshape(len(x), -1)
    ends = None
    for node, view in zip(network.nodes, network.layers, strict=True):
        place = f"layer {node.name!r}"
        if view.activation not in ACTIVATIONS:
            raise InputError.at(
                network.name, place,
                expected=f"an activation of {', '.join(ACTIVATIONS)} in floating point",
                got=view.activation,
            )
        try:
            greatest, least = seen_range(format, y) if ends is None else ends
            layer = FloatDense(
                input=format, weight=format, output=format, greatest=greatest, least=least,
                weights=_held(format, view.weights, "weights"),
                biases=_held(format, view.bias, "biases"),
                rectified=view.activation == "relu",
                form=_form(format, view, uniform_segments),
            )  # fmt: skip
        except ValueError as error:
            raise InputError(f"{network.name}: {place}: {error}") from None
        nodes.append(ModelNode(node.name, (taken,), layer))
        taken, y, ends = node.name, view.forward(y), _ends(format, layer.form)
    return IntegerModel(network.name, (ModelInput(item.name, item.shape, format),), tuple(nodes))


def seen_range(format: FloatFormat, values: np.ndarray) -> tuple[int, int]:
    """The code of the greatest input that is taken, and the exponent of the last bit.

    The greatest is the last number below the next power of two. The last bit is that of ``values``,
    as of whole numbers, or the one behind which bits are too small to matter.

    Raises
    ------
    ValueError
        If the format does not hold ``values``.
    """
    codes = _held(format, values, "inputs")
    size = float(np.abs(format.decode(codes)).max())
    power = math.frexp(size)[1] if size else 1
    last = min(last_bits(format, codes), default=0)
    step = power - 1 - format.fraction
    last = max(last, step - _GUARD_BITS)
    return int(format.encode(2.0**power - 2.0 ** max(last, step))), last


def _held(format: FloatFormat, values: np.ndarray, name: str) -> np.ndarray:
    """Codes of ``values``, all of which must be numbers of the format."""
    beyond = format.outside(values)
    if beyond.any():
        raise ValueError(
            f"expected {name} that {format} holds, up to {format.ends[1]:g} in size, got "
            f"{np.asarray(values)[beyond].flat[0]:g}"
        )
    return format.encode(values)


def _form(
    format: FloatFormat, view: DenseView, uniform_segments: int | None
) -> IntegerActivation | None:
    """The form of a layer's activation, with a bit more than a significand has."""
    if view.activation not in _BOUNDED:
        return None
    least, greatest = _BOUNDED[view.activation]
    fraction = min(format.fraction + 2, _MOST_FRACTION)
    output = QFormat(1 + (least < 0), fraction, signed=least < 0)
    # Half an output step from the end that it approaches, it may as well be there.
    flat = (fraction + 2) * math.log(2) * (1 if least == 0 else 0.5)
    into = QFormat(1 + math.ceil(math.log2(flat)), fraction + 1)
    return integer_activation(view.activation, into, output, uniform_segments=uniform_segments)


def _ends(format: FloatFormat, form: IntegerActivation | None) -> tuple[int, int] | None:
    """What all results of a form lie between, as :func:`seen_range` has it; None without one."""
    if form is None:
        return None
    return int(format.encode(1.0)), max(-form.output.fraction, format.least_exponent)
