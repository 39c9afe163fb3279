"""What the random cases of `tests.layers` are drawn from: shapes, formats, activations.

Formats lie around what flows into a role and are often too narrow for it, so that roundings,
saturations and zeros are all common. Everything takes the generator `rng` first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from build_decoder.models import activations
from build_decoder.models.layer import Shape
from build_decoder.quant.qformat import QFormat

__all__ = [
    "Cases",
    "Drawn",
    "Signal",
    "any_activation",
    "any_of",
    "any_shape",
    "coarse",
    "magnitude",
    "near",
    "output_near",
    "products_near",
    "recurrent_near",
    "weight_near",
    "wide",
]

_GREATEST_WIDTH = 10
_COARSE_WIDTH = 3
_WIDE_WIDTH = 17  # of inputs and weights alone: activations have a code for each value


@dataclass(frozen=True)
class Signal:
    """A value in a graph that is being made."""

    name: str
    shape: Shape
    format: QFormat

    @property
    def magnitude(self) -> int:
        """The least m with all values in ``-2**m`` to ``2**m``."""
        return magnitude(self.format)


@dataclass(frozen=True)
class Drawn:
    """A layer without its weights: what differs from type to type.

    Parameters
    ----------
    shape:
        Of the output.
    format:
        Of the output, where the layer has no role ``output``.
    formats:
        By role.
    arrays:
        Role and shape of each array of weights.
    fields:
        Of the layer in `models.layers`, by keyword.
    """

    shape: Shape
    format: QFormat | None = None
    formats: Mapping[str, QFormat] = field(default_factory=dict)
    arrays: Mapping[str, tuple[str, Shape]] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> QFormat:
        """Format of the output."""
        return self.format or self.formats["output"]


@dataclass(frozen=True)
class Cases:
    """How random cases of a type are drawn. Types that need another rule derive from it.

    Parameters
    ----------
    ranks:
        How many axes an input may have: 1 (values), 2 (steps, channels), 3 (rows, columns,
        channels).
    draw:
        ``draw(rng, *inputs)`` gives a `Drawn` layer that takes these `Signal`\\ s.
    inputs:
        Least number of inputs.
    """

    ranks: tuple[int, ...]
    draw: Callable[..., Drawn]
    inputs: int = 1

    def shapes(self, rng) -> list[Shape]:
        """Shapes of the inputs of a layer that stands alone."""
        return [any_shape(rng, any_of(rng, self.ranks))] * self.inputs

    def input_format(self, rng, format: QFormat) -> QFormat:
        """Format of an input of a layer that stands alone, for which `format` was drawn."""
        return format

    def takes(self, x: Signal) -> bool:
        """Whether a layer in a graph can take a signal."""
        return len(x.shape) in self.ranks

    def fit(self, x: Signal, other: Signal) -> bool:
        """Whether a layer in a graph can take two signals together."""
        return x.shape == other.shape


def any_of(rng, items: Sequence):
    """One of the items."""
    return items[rng.integers(len(items))]


def any_shape(rng, rank: int) -> Shape:
    """(values), (steps, channels) or (rows, columns, channels)."""
    greatest = {1: (6,), 2: (5, 4), 3: (5, 6, 4)}[int(rank)]
    return tuple(int(rng.integers(1, most, endpoint=True)) for most in greatest)


def any_activation(rng) -> str:
    """Name of an activation, mostly of one of four."""
    if rng.random() < 0.2:
        return any_of(rng, activations.names())
    return any_of(rng, ["linear", "relu", "sigmoid", "tanh"])


def magnitude(format: QFormat) -> int:
    """The least m with all values in ``-2**m`` to ``2**m``."""
    return format.integer - format.signed


def near(rng, magnitude: int, unsigned: float = 0.1) -> QFormat:
    """A format about values below ``2**magnitude``; every tenth has any place of the point.

    It is unsigned with the probability `unsigned`.
    """
    signed = bool(rng.random() >= unsigned)
    if rng.random() < 0.1:
        integer = rng.integers(-4, 8, endpoint=True)
    else:
        integer = np.clip(magnitude + signed + any_of(rng, [-2, -1, 0, 0, 0, 1]), -4, 8)
    # The wider one of two: where every role is of one or two bits, nothing is left of the values.
    width = rng.integers(1, _GREATEST_WIDTH, size=2, endpoint=True).max()
    return QFormat(int(integer), int(width - integer), signed)


def output_near(rng, magnitude: int) -> QFormat:
    """As `near`, three of ten unsigned: for a role that the layer narrows its output into."""
    return near(rng, magnitude, unsigned=0.3)


def coarse(rng, magnitude: int, unsigned: float = 0.1) -> QFormat:
    """As `near`, of few bits."""
    return _of_width(rng, 1, _COARSE_WIDTH, near(rng, magnitude, unsigned))


def wide(rng, magnitude: int, unsigned: float = 0.1) -> QFormat:
    """As `near`, of many bits: products of two need more than 32."""
    return _of_width(rng, _GREATEST_WIDTH + 1, _WIDE_WIDTH, near(rng, magnitude, unsigned))


def _of_width(rng, least: int, most: int, format: QFormat) -> QFormat:
    width = int(rng.integers(least, most, endpoint=True))
    return QFormat(format.integer, width - format.integer, format.signed)


def weight_near(rng, x: Signal) -> QFormat:
    """Format of weights below 1, wide where the input is."""
    return wide(rng, 0) if x.format.width > _GREATEST_WIDTH else near(rng, 0)


def products_near(rng, x: Signal, names: str) -> dict[str, QFormat]:
    """Formats of the roles in `names` that sums of products, their biases and results have."""
    recurrent = "recurrent" in names.split()
    formats = _coarse_products(rng, x, recurrent)
    if formats is None:
        weight = weight_near(rng, x)
        accumulator = near(rng, x.magnitude + magnitude(weight) + 1)
        sum = near(rng, min(magnitude(accumulator), 3))
        output = near(rng, -1) if recurrent else output_near(rng, min(magnitude(sum), 2))
        formats = {
            "weight": weight,
            "recurrent": near(rng, 0),
            "accumulator": accumulator,
            "sum": sum,
            "output": output,
        }
    formats["bias"] = near(rng, magnitude(formats["accumulator"]))
    formats["reset"] = near(rng, 1)
    return {name: formats[name] for name in names.split()}


def _coarse_products(rng, x: Signal, recurrent: bool) -> dict[str, QFormat] | None:
    """Mostly, where `x` is coarse: an accumulator that saturates and is finer than the products.

    What is dropped of its fraction then shows in the sum. None where it would have too many bits.
    """
    if x.format.width > _COARSE_WIDTH or rng.random() < 0.2:
        return None
    formats = {
        "weight": coarse(rng, 1),
        "recurrent": coarse(rng, 2),
        "output": output_near(rng, 0),
    }
    finest = x.format.fraction + formats["weight"].fraction
    if recurrent:  # the state comes back as an input
        finest = max(finest, formats["output"].fraction + formats["recurrent"].fraction)
    greatest = x.magnitude + magnitude(formats["weight"])
    integer = max(min(greatest + int(rng.integers(2)), 2), 1 - finest)
    fraction = finest + int(rng.integers(1, 4))
    if integer + fraction > _GREATEST_WIDTH:
        return None
    formats["accumulator"] = formats["sum"] = QFormat(integer, fraction)
    return formats


def recurrent_near(
    rng, x: Signal, roles: str, *, sums: int, bias_rows: tuple[int, ...], more=None
) -> Drawn:
    """An LSTM or GRU: its own roles, sums a unit, rows of the bias, magnitudes of more roles."""
    steps, channels = x.shape
    units = int(rng.integers(1, 4, endpoint=True))
    formats = products_near(rng, x, roles)
    formats["gate"] = near(rng, 0, unsigned=0.8)
    for role, greatest in {"candidate": 0, **(more or {})}.items():
        formats[role] = near(rng, greatest)
    arrays = {
        "weights": ("weight", (channels, sums * units)),
        "recurrent": ("recurrent", (units, sums * units)),
        "bias": ("bias", (*bias_rows, sums * units)),
    }
    sequences, backward = (bool(flag) for flag in rng.integers(2, size=2))
    fields = {"units": units, "sequences": sequences, "backward": backward}
    shape = (steps, units) if sequences else (units,)
    return Drawn(shape, formats=formats, arrays=arrays, fields=fields)
