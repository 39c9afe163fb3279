"""Every layer in integers, once more in exact fractions and plain loops: the oracle of the tests.

It is written from the semantics alone and shares nothing with the integer model but `QFormat`, of
which it reads the three fields. Read it as the specification: one function for each type of layer,
and `narrow` is the only place where a value is rounded. All functions take

- ``inputs``: a `Tensor` for each input of the layer, for one sample,
- ``weights``: raw integers, in nested lists, by the names of the arrays,
- ``formats``: a `QFormat` by role,
- ``generated``: ``generated(name, source, target)`` gives the activation ``name`` as a function
  from a raw code in ``source`` to a raw code in ``target``,
- the fields of the layer as keywords,

and give the output as a `Tensor`. `network` runs layers that take from each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import floor

from build_decoder.quant.qformat import QFormat

__all__ = ["LAYERS", "Tensor", "narrow", "network", "tensor", "union"]

Formats = Mapping[str, QFormat]
Generated = Callable[[str, QFormat, QFormat], Callable[[int], int]]


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


def dense(
    inputs, weights, formats: Formats, generated: Generated, *, units: int, activation: str
) -> Tensor:
    (x,) = inputs
    w = tensor(weights["weights"], formats["weight"])
    finish = _finish(x, w, weights, formats, generated, activation)

    def value(u):
        return finish(sum(x[i] * w[i, u] for i in range(x.shape[0])), u)

    return build((units,), formats["output"], value)


def conv2d(
    inputs,
    weights,
    formats: Formats,
    generated: Generated,
    *,
    filters: int,
    kernel: tuple[int, int],
    activation: str,
) -> Tensor:
    (x,) = inputs
    rows, columns, channels = x.shape
    above, left = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
    w = tensor(weights["weights"], formats["weight"])
    finish = _finish(x, w, weights, formats, generated, activation)

    def value(r, c, f):
        exact = Fraction(0)
        for i, j in indices(kernel):
            row, column = r + i - above, c + j - left
            if 0 <= row < rows and 0 <= column < columns:
                exact += sum(x[row, column, k] * w[i, j, k, f] for k in range(channels))
        return finish(exact, f)

    return build((rows, columns, filters), formats["output"], value)


def _finish(x: Tensor, w: Tensor, weights, formats: Formats, generated: Generated, name: str):
    """What dense and convolution do with an exact sum: bias of the unit, activation."""
    b = tensor(weights["bias"], formats["bias"])
    accumulator = accumulator_format(formats["accumulator"], [products_fraction(x, w)])
    act = activation(name, formats["sum"], formats["output"], generated)
    return lambda exact, unit: act(narrow(narrow(exact, accumulator) + b[unit], formats["sum"]))


def max_pool(inputs, weights, formats, generated, *, size: tuple[int, int]) -> Tensor:
    (x,) = inputs
    *image, channels = x.shape
    windows = [-(-length // window) for length, window in zip(image, size, strict=True)]
    # What the windows reach beyond the image is halved; the smaller half lies before it.
    before = [
        (count * window - length) // 2
        for length, window, count in zip(image, size, windows, strict=True)
    ]

    def reached(axis, place):
        start = place * size[axis] - before[axis]
        return [i for i in range(start, start + size[axis]) if 0 <= i < image[axis]]

    def value(r, c, k):
        return max(x[i, j, k] for i in reached(0, r) for j in reached(1, c))

    return build((*windows, channels), x.format, value)


def global_average_pool(inputs, weights, formats, generated) -> Tensor:
    (x,) = inputs
    rows, columns, channels = x.shape

    def value(k):
        exact = sum(x[r, c, k] for r in range(rows) for c in range(columns))
        return narrow(exact / (rows * columns), formats["output"])

    return build((channels,), formats["output"], value)


def union(formats: Sequence[QFormat]) -> QFormat:
    """The narrowest format that holds every value of all of them."""
    signed = any(format.signed for format in formats)
    # An unsigned format takes one more integer bit where the union has a sign.
    integer = max(format.integer + (signed and not format.signed) for format in formats)
    return QFormat(integer, max(format.fraction for format in formats), signed)


def concat(inputs, weights, formats, generated) -> Tensor:
    values, before = {}, 0
    for x in inputs:
        for index in indices(x.shape):
            values[(*index[:-1], before + index[-1])] = x[index]
        before += x.shape[-1]
    return Tensor((*inputs[0].shape[:-1], before), union([x.format for x in inputs]), values)


def flatten(inputs, weights, formats, generated) -> Tensor:
    (x,) = inputs
    values = x.row()
    return build((len(values),), x.format, lambda i: values[i])


def dropout(inputs, weights, formats, generated, *, rate: float) -> Tensor:
    (x,) = inputs
    return x


def affine(inputs, weights, formats, generated) -> Tensor:
    (x,) = inputs
    scale = tensor(weights["scale"], formats["weight"])
    shift = tensor(weights["shift"], formats["bias"])

    def value(*index):
        channel = index[-1]
        return narrow(x[index] * scale[channel] + shift[channel], formats["output"])

    return build(x.shape, formats["output"], value)


def lstm(
    inputs,
    weights,
    formats: Formats,
    generated: Generated,
    *,
    units: int,
    sequences: bool,
    backward: bool = False,
) -> Tensor:
    (x,) = inputs
    w = tensor(weights["weights"], formats["weight"])
    u = tensor(weights["recurrent"], formats["recurrent"])
    b = tensor(weights["bias"], formats["bias"])
    sigmoid = activation("sigmoid", formats["sum"], formats["gate"], generated)
    tanh = activation("tanh", formats["sum"], formats["candidate"], generated)
    squash = activation("tanh", formats["cell"], formats["squashed"], generated)
    accumulator = _recurrent_accumulator(x, w, u, formats)

    def cell(t, state):
        h, c = state

        def gate(quarter, unit):
            column = quarter * units + unit
            exact = _input_sum(x, w, t, column) + _state_sum(h, u, column)
            return narrow(narrow(exact, accumulator) + b[column], formats["sum"])

        new_h, new_c = [], []
        for unit in range(units):
            i, f, o = (sigmoid(gate(quarter, unit)) for quarter in (0, 1, 3))
            g = tanh(gate(2, unit))
            new_c.append(narrow(f * c[unit] + i * g, formats["cell"]))
            new_h.append(narrow(o * squash(new_c[unit]), formats["output"]))
        return new_h, new_c

    return _over_time(x, cell, 2, formats["output"], units, sequences, backward)


def gru(
    inputs,
    weights,
    formats: Formats,
    generated: Generated,
    *,
    units: int,
    sequences: bool,
    backward: bool = False,
) -> Tensor:
    (x,) = inputs
    w = tensor(weights["weights"], formats["weight"])
    u = tensor(weights["recurrent"], formats["recurrent"])
    b = tensor(weights["bias"], formats["bias"])
    sigmoid = activation("sigmoid", formats["sum"], formats["gate"], generated)
    tanh = activation("tanh", formats["sum"], formats["candidate"], generated)
    accumulator = _recurrent_accumulator(x, w, u, formats)

    def cell(t, state):
        (h,) = state

        def gate(third, unit):
            column = third * units + unit
            exact = _input_sum(x, w, t, column) + _state_sum(h, u, column)
            biased = narrow(exact, accumulator) + b[0, column] + b[1, column]
            return sigmoid(narrow(biased, formats["sum"]))

        new_h = []
        for unit in range(units):
            z, r = gate(0, unit), gate(1, unit)
            column = 2 * units + unit
            q = narrow(_state_sum(h, u, column) + b[1, column], formats["reset"])
            p = narrow(_input_sum(x, w, t, column) + b[0, column] + r * q, formats["sum"])
            g = tanh(p)
            new_h.append(narrow(g + z * (h[unit] - g), formats["output"]))
        return (new_h,)

    return _over_time(x, cell, 1, formats["output"], units, sequences, backward)


def _recurrent_accumulator(x: Tensor, w: Tensor, u: Tensor, formats: Formats) -> QFormat:
    state_products = formats["output"].fraction + u.format.fraction
    return accumulator_format(formats["accumulator"], [products_fraction(x, w), state_products])


def _input_sum(x: Tensor, w: Tensor, t: int, column: int) -> Fraction:
    return sum(x[t, k] * w[k, column] for k in range(x.shape[1]))


def _state_sum(h: list[Fraction], u: Tensor, column: int) -> Fraction:
    return sum(h[k] * u[k, column] for k in range(len(h)))


def _over_time(x: Tensor, cell, states, format, units, sequences, backward) -> Tensor:
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


def attention(inputs, weights, formats: Formats, generated: Generated) -> Tensor:
    (x,) = inputs
    steps, channels = x.shape
    w = tensor(weights["weights"], formats["weight"])
    b = tensor(weights["bias"], formats["bias"])
    accumulator = accumulator_format(formats["accumulator"], [products_fraction(x, w)])
    power = activation("exp_tanh", formats["sum"], formats["power"], generated)

    def score(t):
        exact = sum(x[t, c] * w[c, 0] for c in range(channels))
        return narrow(narrow(exact, accumulator) + b[t, 0], formats["sum"])

    p = [power(score(t)) for t in range(steps)]

    def value(c):
        exact = quotient(sum(p[t] * x[t, c] for t in range(steps)), sum(p))
        return narrow(exact, formats["output"])

    return build((channels,), formats["output"], value)


def difference_format(format: QFormat) -> QFormat:
    """Holds a value less the greatest one: an integer bit more than the signed range needs."""
    return QFormat(format.integer + (not format.signed) + 1, format.fraction, True)


def softmax(inputs, weights, formats: Formats, generated: Generated) -> Tensor:
    (x,) = inputs
    power = activation("exp", difference_format(x.format), formats["power"], generated)
    y = {}
    for row in indices(x.shape[:-1]):
        values = [x[(*row, k)] for k in range(x.shape[-1])]
        p = [power(value - max(values)) for value in values]
        for k in range(len(p)):
            y[(*row, k)] = narrow(quotient(p[k], sum(p)), formats["output"])
    return Tensor(x.shape, formats["output"], y)


LAYERS = {
    "affine": affine,
    "attention": attention,
    "concat": concat,
    "conv2d": conv2d,
    "dense": dense,
    "dropout": dropout,
    "flatten": flatten,
    "global_average_pool": global_average_pool,
    "gru": gru,
    "lstm": lstm,
    "max_pool": max_pool,
    "softmax": softmax,
}


def network(nodes, inputs: Mapping[str, Tensor], generated: Generated) -> dict[str, Tensor]:
    """Values of every input and node by name, for one sample.

    Each of `nodes`, in their order, has ``name``, ``type``, ``inputs`` (names of inputs or earlier
    nodes), ``fields``, ``formats`` and ``weights`` (arrays of raw codes).
    """
    values = dict(inputs)
    for node in nodes:
        taken = [values[name] for name in node.inputs]
        raw = {name: array.tolist() for name, array in node.weights.items()}
        layer = LAYERS[node.type]
        values[node.name] = layer(taken, raw, node.formats, generated, **node.fields)
    return values
