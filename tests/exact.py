"""Exact arithmetic of fixed-point values, in fractions and plain loops: the oracle of the tests.

It is written from the semantics alone and shares nothing with the integer model but `QFormat`, of
which it reads the three fields. `narrow` is the only place where a value is rounded. The modules of
`tests.layers` compute each type of layer with it; they are the specification of the layers.

They call these functions by this module's name (``exact.narrow``): some tests put another
rounding in its place, to see that results show it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import floor

from build_decoder.quant.qformat import QFormat

__all__ = [
    "Formats",
    "Generated",
    "Tensor",
    "accumulator_format",
    "activation",
    "build",
    "code_of",
    "finisher",
    "indices",
    "input_sum",
    "limits",
    "narrow",
    "over_time",
    "products_fraction",
    "quotient",
    "recurrent_accumulator",
    "state_sum",
    "step",
    "tensor",
    "union",
    "value_of",
]

Formats = Mapping[str, QFormat]
Generated = Callable[[str, QFormat, QFormat], Callable[[int], int]]
"""``generated(name, source, target)``: an activation from a raw code to a raw code."""


def narrow(value: Fraction, format: QFormat) -> Fraction:
    """The value of `format` for `value`: rounded half up, then saturated."""
    code = floor(value / step(format) + Fraction(1, 2))
    low, high = limits(format)
    return max(low, min(code, high)) * step(format)


def step(format: QFormat) -> Fraction:
    """Distance of neighbouring values."""
    return Fraction(2) ** -format.fraction


def limits(format: QFormat) -> tuple[int, int]:
    """Least and greatest raw code."""
    codes = 2 ** (format.integer + format.fraction)
    return (-codes // 2, codes // 2 - 1) if format.signed else (0, codes - 1)


def value_of(code: int, format: QFormat) -> Fraction:
    """The value of a raw code, which must be one of the format."""
    low, high = limits(format)
    if not low <= code <= high:
        raise ValueError(f"expected a code of {format}, {low} to {high}, got {code}")
    return code * step(format)


def code_of(value: Fraction, format: QFormat) -> int:
    """The raw code of a value, which must be one of the format."""
    code = value / step(format)
    low, high = limits(format)
    if code.denominator != 1 or not low <= code <= high:
        raise ValueError(f"expected a value of {format}, got {value}")
    return int(code)


@dataclass(frozen=True)
class Tensor:
    """Values of one sample by index, and their format."""

    shape: tuple[int, ...]
    format: QFormat
    values: Mapping[tuple[int, ...], Fraction]

    def __getitem__(self, index: int | tuple[int, ...]) -> Fraction:
        return self.values[index if isinstance(index, tuple) else (index,)]

    def row(self) -> list[Fraction]:
        """All values, the last axis fastest."""
        return [self[index] for index in indices(self.shape)]

    def codes(self) -> list[int]:
        """Raw codes of `row`."""
        return [code_of(value, self.format) for value in self.row()]


def indices(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """All indices of a shape, the last axis fastest."""
    return list(product(*map(range, shape)))


def build(shape: tuple[int, ...], format: QFormat, value: Callable[..., Fraction]) -> Tensor:
    """The tensor with ``value(*index)`` at each index."""
    return Tensor(shape, format, {index: value(*index) for index in indices(shape)})


def tensor(raw: list, format: QFormat) -> Tensor:
    """The tensor of raw codes in nested lists."""

    def value(*index: int) -> Fraction:
        item = raw
        for position in index:
            item = item[position]
        return value_of(item, format)

    shape, inner = [], raw
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0]
    return build(tuple(shape), format, value)


def activation(
    name: str, source: QFormat, target: QFormat, generated: Generated
) -> Callable[[Fraction], Fraction]:
    """The activation from values of `source` to values of `target`."""
    if name == "linear":
        return lambda value: narrow(value, target)
    if name == "relu":
        return lambda value: narrow(max(value, Fraction(0)), target)
    function = generated(name, source, target)
    return lambda value: value_of(function(code_of(value, source)), target)


def accumulator_format(role: QFormat, products: Sequence[int]) -> QFormat:
    """The role's format, but no more fraction bits than the finest of its products has.

    ``products`` are their fraction bits. A width below 1 is made 1 by integer bits.
    """
    fraction = min(role.fraction, max(products))
    return QFormat(max(role.integer, 1 - fraction), fraction, role.signed)


def products_fraction(a: Tensor, b: Tensor) -> int:
    """Fraction bits of products of the two."""
    return a.format.fraction + b.format.fraction


def quotient(numerator: Fraction, denominator: Fraction) -> Fraction:
    """Exact; 0 where nothing can be divided."""
    return numerator / denominator if denominator else Fraction(0)


def finisher(x: Tensor, w: Tensor, weights, formats: Formats, generated: Generated, name: str):
    """``finish(exact, unit)``: what dense and convolution make of an exact sum of products."""
    b = tensor(weights["bias"], formats["bias"])
    accumulator = accumulator_format(formats["accumulator"], [products_fraction(x, w)])
    act = activation(name, formats["sum"], formats["output"], generated)
    return lambda exact, unit: act(narrow(narrow(exact, accumulator) + b[unit], formats["sum"]))


def union(formats: Sequence[QFormat]) -> QFormat:
    """The narrowest format that holds every value of all of them."""
    signed = any(format.signed for format in formats)
    # An unsigned format takes one more integer bit where the union has a sign.
    integer = max(format.integer + (signed and not format.signed) for format in formats)
    return QFormat(integer, max(format.fraction for format in formats), signed)


def recurrent_accumulator(x: Tensor, w: Tensor, u: Tensor, formats: Formats) -> QFormat:
    """Format of sums of ``x * w`` and ``h * u``, where the state ``h`` is the output."""
    state_products = formats["output"].fraction + u.format.fraction
    return accumulator_format(formats["accumulator"], [products_fraction(x, w), state_products])


def input_sum(x: Tensor, w: Tensor, t: int, column: int) -> Fraction:
    """Step `t` of `x` times a column of `w`."""
    return sum(x[t, k] * w[k, column] for k in range(x.shape[1]))


def state_sum(h: list[Fraction], u: Tensor, column: int) -> Fraction:
    """The state `h` times a column of `u`."""
    return sum(h[k] * u[k, column] for k in range(len(h)))


def over_time(x: Tensor, cell, states, format, units, sequences, backward) -> Tensor:
    """``cell(t, states)`` from zero states through the steps; the first state is the output."""
    steps = x.shape[0]
    state = ([Fraction(0)] * units,) * states
    outputs = {}
    for t in reversed(range(steps)) if backward else range(steps):
        state = cell(t, state)
        outputs[t] = state[0]
    if sequences:
        return build((steps, units), format, lambda t, unit: outputs[t][unit])
    return build((units,), format, lambda unit: state[0][unit])
