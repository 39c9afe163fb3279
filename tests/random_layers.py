"""Small random layers and graphs in integers, as plain data: formats, raw weights, raw inputs.

`layer` and `graph` give the same case for the same arguments. Formats lie around what flows into a
role and are often too narrow for it, so that roundings, saturations and zeros are all common.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from build_decoder.models import activations
from build_decoder.quant.qformat import QFormat
from tests.exact_layers import union

__all__ = ["SAMPLES", "TYPES", "Case", "Node", "graph", "layer"]

SAMPLES = 4
"""Samples of a case."""

_GREATEST_WIDTH = 10
_COARSE_WIDTH = 3
_WIDE_WIDTH = 17  # of inputs and weights alone: activations have a code for each value
_WIDEST_SOFTMAX = 9  # of its input: the table of powers has a code for each difference

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """A layer of a case.

    Parameters
    ----------
    name:
        Also of its output.
    type:
        Name of the type of layer.
    inputs:
        Names of inputs or of nodes before it.
    fields:
        Of the layer that describes it in floats, by keyword.
    formats:
        By role.
    weights:
        Raw int64 by the name of the array.
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    fields: Mapping[str, Any]
    formats: Mapping[str, QFormat]
    weights: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """Nodes, one or a graph of them, and samples for its inputs.

    Parameters
    ----------
    nodes:
        Each after those that it takes from.
    formats:
        Of the inputs, by name.
    inputs:
        Raw int64 (samples, \\*shape) by name.
    """

    nodes: tuple[Node, ...]
    formats: Mapping[str, QFormat]
    inputs: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class _Signal:
    """A value in a graph that is being made."""

    name: str
    shape: Shape
    format: QFormat


@dataclass(frozen=True)
class _Drawn:
    """A layer without its weights: what differs from type to type.

    ``arrays`` has role and shape of each array of weights. ``format`` is that of the output where
    the layer has no role ``output``.
    """

    shape: Shape
    format: QFormat | None = None
    formats: Mapping[str, QFormat] = field(default_factory=dict)
    arrays: Mapping[str, tuple[str, Shape]] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> QFormat:
        return self.format or self.formats["output"]


def layer(type: str, number: int) -> Case:
    """Case `number` of one layer."""
    rng = np.random.default_rng([number, *type.encode()])
    near = _any(rng, [_coarse, _wide, *[_near] * 4])
    inputs = [
        _Signal(f"x{place}", shape, near(rng, 1, unsigned=0.4))
        for place, shape in enumerate(_TYPES[type].shapes(rng))
    ]
    if type == "softmax":
        inputs = [_Signal(x.name, x.shape, _narrower(rng)) for x in inputs]
    node, _ = _node(rng, type, "y", inputs)
    return _case(rng, inputs, [node])


def graph(number: int) -> Case:
    """Case `number` of a graph: 2 to 8 layers, of which one or more join branches."""
    rng = np.random.default_rng([number, *b"graph"])
    while True:
        inputs = [
            _Signal(f"x{place}", _shape(rng, rank), _near(rng, 1, unsigned=0.4))
            for place, rank in enumerate(rng.choice([2, 3, 3], size=rng.integers(1, 3)))
        ]
        nodes = _graph_nodes(rng, inputs, rng.integers(1, 8))
        joins = any(node.type == "concat" for node in nodes)
        if 2 <= len(nodes) <= 8 and joins:
            return _case(rng, inputs, nodes)


def _graph_nodes(rng, inputs: Sequence[_Signal], count: int) -> list[Node]:
    """About `count` layers, then what joins all ends to one output."""
    nodes, signals, ends = [], list(inputs), list(inputs)

    def add(type: str, taken: Sequence[_Signal]) -> None:
        node, signal = _node(rng, type, f"n{len(nodes) + 1}", taken)
        nodes.append(node)
        signals.append(signal)
        ends[:] = [end for end in ends if end not in taken] + [signal]

    for _ in range(count):
        # Mostly go on from an end; taking a value for the second time makes a fork.
        first = _any(rng, ends if rng.random() < 0.7 else signals)
        fitting = [x for x in signals if x.shape[:-1] == first.shape[:-1] and x != first]
        if fitting and rng.random() < 0.35:
            add("concat", [first, _any(rng, fitting)])
        else:
            # Types for one rank only are rarer: they get more weight.
            types = [
                name
                for name in _IN_GRAPHS
                if _TYPES[name].takes(first)
                for _ in range(3 if len(_TYPES[name].ranks) == 1 else 1)
            ]
            add(_any(rng, types), [first])
    if len(ends) > 1:
        for end in list(ends):
            if len(end.shape) > 1:
                add("flatten", [end])
        add("concat", list(ends))
    return nodes


def _node(rng, type: str, name: str, inputs: Sequence[_Signal]) -> tuple[Node, _Signal]:
    drawn = _TYPES[type].draw(rng, *inputs)
    weights = {
        array: _codes(rng, shape, drawn.formats[role])
        for array, (role, shape) in drawn.arrays.items()
    }
    names = tuple(signal.name for signal in inputs)
    node = Node(name, type, names, drawn.fields, drawn.formats, weights)
    return node, _Signal(name, drawn.shape, drawn.output)


def _case(rng, inputs: Sequence[_Signal], nodes: Sequence[Node]) -> Case:
    samples = {
        x.name: np.array([_codes(rng, x.shape, x.format) for _ in range(SAMPLES)]) for x in inputs
    }
    return Case(tuple(nodes), {x.name: x.format for x in inputs}, samples)


def _codes(rng, shape: Shape, format: QFormat) -> np.ndarray:
    """Raw int64 of one pattern: random half the time, or an extreme one."""
    low, high = format.min_raw, format.max_raw
    pattern = _any(rng, ["random"] * 4 + ["least", "greatest", "impulse", "alternating"])
    if pattern == "least":
        return np.full(shape, low)
    if pattern == "greatest":
        return np.full(shape, high)
    if pattern == "alternating":
        row = np.where(np.arange(np.prod(shape)) % 2 == rng.integers(2), low, high)
        return row.reshape(shape)
    if pattern == "impulse":
        codes = np.zeros(shape, dtype=np.int64)
        codes.flat[rng.integers(codes.size)] = _any(rng, [low, high])
        return codes
    return rng.integers(low, high, shape, endpoint=True)


def _any(rng, items: Sequence):
    return items[rng.integers(len(items))]


def _near(rng, magnitude: int, unsigned: float = 0.1) -> QFormat:
    """A format about values below ``2**magnitude``; every tenth has any place of the point.

    It is unsigned with the probability `unsigned`.
    """
    signed = bool(rng.random() >= unsigned)
    if rng.random() < 0.1:
        integer = rng.integers(-4, 8, endpoint=True)
    else:
        integer = np.clip(magnitude + signed + _any(rng, [-2, -1, 0, 0, 0, 1]), -4, 8)
    # The wider one of two: where every role is of one or two bits, nothing is left of the values.
    width = rng.integers(1, _GREATEST_WIDTH, size=2, endpoint=True).max()
    return QFormat(int(integer), int(width - integer), signed)


def _output(rng, magnitude: int) -> QFormat:
    return _near(rng, magnitude, unsigned=0.3)


def _coarse(rng, magnitude: int, unsigned: float = 0.1) -> QFormat:
    """As `_near`, of few bits."""
    return _of_width(rng, 1, _COARSE_WIDTH, _near(rng, magnitude, unsigned))


def _wide(rng, magnitude: int, unsigned: float = 0.1) -> QFormat:
    """As `_near`, of many bits: products of two need more than 32."""
    return _of_width(rng, _GREATEST_WIDTH + 1, _WIDE_WIDTH, _near(rng, magnitude, unsigned))


def _of_width(rng, least: int, most: int, format: QFormat) -> QFormat:
    width = int(rng.integers(least, most, endpoint=True))
    return QFormat(format.integer, width - format.integer, format.signed)


def _narrower(rng) -> QFormat:
    while True:
        format = _near(rng, 2, unsigned=0.4)
        if format.width <= _WIDEST_SOFTMAX:
            return format


def _magnitude(format: QFormat) -> int:
    """The least m with all values in ``-2**m`` to ``2**m``."""
    return format.integer - format.signed


# Types of layers: the shapes that one takes alone, whether one takes a signal in a graph, and the
# layer that is drawn for signals.


@dataclass(frozen=True)
class _Type:
    ranks: tuple[int, ...]
    draw: Callable[..., _Drawn]

    def shapes(self, rng) -> list[Shape]:
        return [_shape(rng, _any(rng, self.ranks))]

    def takes(self, signal: _Signal) -> bool:
        return len(signal.shape) in self.ranks


class _ConcatType(_Type):
    def shapes(self, rng):
        *others, _ = _shape(rng, _any(rng, self.ranks))
        count = rng.integers(2, 4, endpoint=True)
        return [(*others, int(rng.integers(1, 4, endpoint=True))) for _ in range(count)]


class _SoftmaxType(_Type):
    def takes(self, signal):
        return super().takes(signal) and signal.format.width <= _WIDEST_SOFTMAX


def _shape(rng, rank: int) -> Shape:
    """(values), (steps, channels) or (rows, columns, channels)."""
    greatest = {1: (6,), 2: (5, 4), 3: (5, 6, 4)}[int(rank)]
    return tuple(int(rng.integers(1, most, endpoint=True)) for most in greatest)


def _products(rng, x: _Signal, names: str) -> dict[str, QFormat]:
    """Formats of the roles in `names` that sums of products, their biases and results have."""
    recurrent = "recurrent" in names.split()
    formats = _coarse_products(rng, x, recurrent)
    if formats is None:
        weight = _weight(rng, x)
        accumulator = _near(rng, _magnitude(x.format) + _magnitude(weight) + 1)
        sum = _near(rng, min(_magnitude(accumulator), 3))
        output = _near(rng, -1) if recurrent else _output(rng, min(_magnitude(sum), 2))
        formats = {
            "weight": weight,
            "recurrent": _near(rng, 0),
            "accumulator": accumulator,
            "sum": sum,
            "output": output,
        }
    formats["bias"] = _near(rng, _magnitude(formats["accumulator"]))
    formats["reset"] = _near(rng, 1)
    return {name: formats[name] for name in names.split()}


def _weight(rng, x: _Signal) -> QFormat:
    return _wide(rng, 0) if x.format.width > _GREATEST_WIDTH else _near(rng, 0)


def _coarse_products(rng, x: _Signal, recurrent: bool) -> dict[str, QFormat] | None:
    """Mostly, where `x` is coarse: an accumulator that saturates and is finer than the products.

    What is dropped of its fraction then shows in the sum. None where it would have too many bits.
    """
    if x.format.width > _COARSE_WIDTH or rng.random() < 0.2:
        return None
    formats = {
        "weight": _coarse(rng, 1),
        "recurrent": _coarse(rng, 2),
        "output": _output(rng, 0),
    }
    finest = x.format.fraction + formats["weight"].fraction
    if recurrent:  # the state comes back as an input
        finest = max(finest, formats["output"].fraction + formats["recurrent"].fraction)
    exact = _magnitude(x.format) + _magnitude(formats["weight"])
    integer = max(min(exact + int(rng.integers(2)), 2), 1 - finest)
    fraction = finest + int(rng.integers(1, 4))
    if integer + fraction > _GREATEST_WIDTH:
        return None
    formats["accumulator"] = formats["sum"] = QFormat(integer, fraction)
    return formats


def _dense(rng, x: _Signal) -> _Drawn:
    units = int(rng.integers(1, 4, endpoint=True))
    formats = _products(rng, x, "weight accumulator bias sum output")
    arrays = {"weights": ("weight", (*x.shape, units)), "bias": ("bias", (units,))}
    return _Drawn((units,), None, formats, arrays, {"units": units, "activation": _act(rng)})


def _act(rng) -> str:
    if rng.random() < 0.2:
        return _any(rng, activations.names())
    return _any(rng, ["linear", "relu", "sigmoid", "tanh"])


def _conv2d(rng, x: _Signal) -> _Drawn:
    *image, channels = x.shape
    filters, *kernel = map(int, rng.integers(1, 4, size=3, endpoint=True))
    formats = _products(rng, x, "weight accumulator bias sum output")
    arrays = {
        "weights": ("weight", (*kernel, channels, filters)),
        "bias": ("bias", (filters,)),
    }
    fields = {"filters": filters, "kernel": tuple(kernel), "activation": _act(rng)}
    return _Drawn((*image, filters), None, formats, arrays, fields)


def _max_pool(rng, x: _Signal) -> _Drawn:
    *image, channels = x.shape
    size = tuple(map(int, rng.integers(1, 4, size=2, endpoint=True)))
    windows = [-(-length // window) for length, window in zip(image, size, strict=True)]
    return _Drawn((*windows, channels), x.format, fields={"size": size})


def _global_average_pool(rng, x: _Signal) -> _Drawn:
    output = _output(rng, min(_magnitude(x.format), 4))
    return _Drawn(x.shape[-1:], formats={"output": output})


def _concat(rng, *inputs: _Signal) -> _Drawn:
    shape = (*inputs[0].shape[:-1], sum(x.shape[-1] for x in inputs))
    return _Drawn(shape, union([x.format for x in inputs]))


def _flatten(rng, x: _Signal) -> _Drawn:
    return _Drawn((int(np.prod(x.shape)),), x.format)


def _dropout(rng, x: _Signal) -> _Drawn:
    return _Drawn(x.shape, x.format, fields={"rate": 0.5})


def _affine(rng, x: _Signal) -> _Drawn:
    weight = _weight(rng, x)
    exact = _magnitude(x.format) + _magnitude(weight)
    formats = {"weight": weight, "bias": _near(rng, min(exact, 4))}
    formats["output"] = _output(rng, min(exact, 4))
    arrays = {"scale": ("weight", x.shape[-1:]), "shift": ("bias", x.shape[-1:])}
    return _Drawn(x.shape, None, formats, arrays)


def _recurrent(roles: str, sums: int, bias_rows: tuple[int, ...]):
    """Draws an LSTM or GRU: its own roles, sums a unit, rows of the bias."""

    def draw(rng, x: _Signal) -> _Drawn:
        steps, channels = x.shape
        units = int(rng.integers(1, 4, endpoint=True))
        formats = _products(rng, x, roles)
        formats["gate"] = _near(rng, 0, unsigned=0.8)
        formats["candidate"] = _near(rng, 0)
        if sums == 4:
            formats["cell"] = _near(rng, 0)
            formats["squashed"] = _near(rng, -1)
        arrays = {
            "weights": ("weight", (channels, sums * units)),
            "recurrent": ("recurrent", (units, sums * units)),
            "bias": ("bias", (*bias_rows, sums * units)),
        }
        sequences, backward = (bool(flag) for flag in rng.integers(2, size=2))
        fields = {"units": units, "sequences": sequences, "backward": backward}
        shape = (steps, units) if sequences else (units,)
        return _Drawn(shape, None, formats, arrays, fields)

    return draw


def _attention(rng, x: _Signal) -> _Drawn:
    steps, channels = x.shape
    formats = _products(rng, x, "weight accumulator bias sum")
    formats["power"] = _near(rng, 2, unsigned=0.8)
    formats["output"] = _output(rng, min(_magnitude(x.format), 4))
    arrays = {"weights": ("weight", (channels, 1)), "bias": ("bias", (steps, 1))}
    return _Drawn((channels,), None, formats, arrays)


def _softmax(rng, x: _Signal) -> _Drawn:
    formats = {name: _near(rng, 0, unsigned=0.8) for name in ("power", "output")}
    return _Drawn(x.shape, formats=formats)


_TYPES = {
    "affine": _Type((1, 2, 3), _affine),
    "attention": _Type((2,), _attention),
    "concat": _ConcatType((1, 2, 3), _concat),
    "conv2d": _Type((3,), _conv2d),
    "dense": _Type((1,), _dense),
    "dropout": _Type((1, 2, 3), _dropout),
    "flatten": _Type((1, 2, 3), _flatten),
    "global_average_pool": _Type((3,), _global_average_pool),
    "gru": _Type((2,), _recurrent("weight recurrent bias accumulator reset sum output", 3, (2,))),
    "lstm": _Type((2,), _recurrent("weight recurrent bias accumulator sum output", 4, ())),
    "max_pool": _Type((3,), _max_pool),
    "softmax": _SoftmaxType((1, 2, 3), _softmax),
}

TYPES = tuple(_TYPES)
"""Names of all types of layer that can be drawn."""

_IN_GRAPHS = tuple(name for name in TYPES if name not in ("concat", "dropout"))
