"""Values of a fixed-point format that was given, as quantisation-aware training leaves them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, Mismatch, only_shape, require

__all__ = ["LAYER_TYPE", "ROUNDINGS", "FixedPoint"]

_MOST_BITS = 48
_MOST_FRACTION = 512

ROUNDINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "floor": np.floor,
    "half_even": np.rint,
    "half_up": lambda x: np.floor(x + 0.5),
}
"""Ways of rounding, by name: downwards; to the nearest, ties to the even one; ties upwards."""


@dataclass(frozen=True)
class FixedPoint(Layer):
    """``y = saturate(round(x * 2**fraction)) * 2**-fraction``, value by value.

    A network that has such layers was trained with them. Their formats are taken as they are, and
    everything between them is computed exactly: nothing is searched.

    Parameters
    ----------
    integer:
        Integer bits, the sign bit counted in; may be negative.
    fraction:
        Fraction bits; may be negative.
    signed:
        Whether values may be negative.
    rounding:
        ``floor``, ``half_even`` or ``half_up``.

    Examples
    --------
    For an input of (12, 8, 4)::

        {"name": "q", "inputs": ["c"], "type": "fixed_point", "integer": 2, "fraction": 4,
         "signed": false, "rounding": "half_even"}
    """

    integer: int
    fraction: int
    signed: bool
    rounding: str

    same_if_turned = True

    def __post_init__(self):
        width = self.integer + self.fraction
        require(1 <= width <= _MOST_BITS, f"1 to {_MOST_BITS} bits", width)
        require(self.rounding in ROUNDINGS, " or ".join(ROUNDINGS), repr(self.rounding))

    def output_shape(self, shapes):
        return only_shape(shapes)

    def cost(self, shapes):
        values = math.prod(shapes[0])
        return Cost(0, values, values)

    def forward(self, tensors, weights):
        (x,) = tensors
        width = self.integer + self.fraction
        least = -(2 ** (width - 1)) if self.signed else 0
        raw = ROUNDINGS[self.rounding](x * 2.0**self.fraction).clip(least, least + 2**width - 1)
        return (raw * 2.0**-self.fraction).astype(x.dtype, copy=False)

    def to_keras(self, keras, name):
        raise Mismatch("a layer that Keras trains", "a format that was given")


def _read(fields: Fields) -> FixedPoint:
    most = _MOST_FRACTION + _MOST_BITS
    return FixedPoint(
        fields.integer("integer", -most, most),
        fields.integer("fraction", -_MOST_FRACTION, _MOST_FRACTION),
        fields.flag("signed"),
        fields.choice("rounding", tuple(ROUNDINGS)),
    )


LAYER_TYPE = LayerType("fixed_point", FixedPoint, _read)
