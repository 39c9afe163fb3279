"""Random parameters of layers in floating point: formats, ranges and weights at extremes."""

import math

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.layer import Shape
from build_decoder.quant.activations import IntegerActivation, integer_activation, is_exact
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.float_codes import codes_near, finite_codes

__all__ = ["float_parameters", "random_float_format", "random_range", "some_of"]

_NAMED = (FP16, BF16, FP32, FloatFormat(5, 2), FloatFormat(4, 3))
_MOST_SUM_BITS = 160
"""Wider sums take simulators long, and are drawn of few products only."""


def random_float_format(random: np.random.Generator) -> FloatFormat:
    """A well-known format, or any."""
    if random.random() < 0.6:
        return _NAMED[random.integers(len(_NAMED))]
    exponent, fraction = int(random.integers(2, 9)), int(random.integers(1, 24))
    return FloatFormat(exponent, fraction, subnormals=bool(random.random() < 0.7))


def float_parameters(
    random: np.random.Generator, format: FloatFormat, output: FloatFormat, shape: Shape
) -> dict[str, object]:
    """Parameters of a :class:`quant.floating.weighted.FloatWeighted` with weights of ``shape``,
    which takes and gives codes of these formats."""
    weight = format if random.random() < 0.8 else random_float_format(random)
    while True:
        greatest, least = random_range(random, format)
        end = random.integers(3)
        parameters = {
            "input": format, "weight": weight, "output": output, "greatest": greatest,
            "least": least, "weights": _weights(random, weight, shape),
            "biases": _weights(random, weight, shape[-1:]), "rectified": bool(end == 0),
            "form": _form(random) if end == 1 else None,
        }  # fmt: skip
        few = {**parameters, "weights": parameters["weights"].reshape(-1, shape[-1])}
        width = FloatDense(**few).sums.total.width
        if width <= _MOST_SUM_BITS or math.prod(shape) <= 4:
            return parameters


def random_range(random: np.random.Generator, format: FloatFormat) -> tuple[int, int]:
    """Code of the greatest input, and the exponent of the last bit."""
    if random.random() < 0.2:
        return format.infinity - 1, format.least_exponent
    code = int(codes_near(random, format, ())) & (format.sign_bit - 1)
    code = max(code, 1) if format.subnormals else max(code, format.least_normal)
    _, top = format.parts(np.array(code))
    below = random.integers(0, format.fraction + 10)
    return code, max(int(top) + 3 - int(below), format.least_exponent)


def _weights(random, format: FloatFormat, shape) -> np.ndarray:
    kind = random.integers(5)
    if kind == 0:
        return finite_codes(random, format, shape)
    spread = int(random.choice((1, 2, 6)))
    near = codes_near(random, format, shape, spread=spread)
    if kind == 1:
        return np.where(random.random(shape) < 0.5, 0, near)
    if kind == 2:
        # Of two rows, one takes away the other.
        pairs = np.resize(near[: (len(near) + 1) // 2].repeat(2, axis=0), shape)
        return pairs ^ format.sign_bit * (np.arange(shape[0]) % 2).reshape(-1, *[1] * near[0].ndim)
    return near


def _form(random) -> IntegerActivation:
    """Any activation between small formats."""
    name = str(random.choice(float_activations.names()))
    bits = int(random.integers(2, 10))
    into = QFormat(int(random.integers(1, min(bits, 5), endpoint=True)), 0)
    into = QFormat(into.integer, bits - into.integer)
    output = QFormat(int(random.integers(0, 4)), int(random.integers(1, 8)),
                     signed=not is_exact(name) or bool(random.random() < 0.8))
    return integer_activation(name, into, output)


def some_of(random: np.random.Generator, count: int) -> int:
    """One, some or all of ``count``."""
    return int(random.choice((1, random.integers(1, count, endpoint=True), count)))
