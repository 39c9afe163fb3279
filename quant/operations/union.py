"""Values of several formats in one that holds them all exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.quant.carrier import carrier
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.qformat import QFormat

__all__ = ["Concatenate", "union"]


def union(formats: Sequence[NumberFormat]) -> NumberFormat:
    """The narrowest format that holds all values of all ``formats``; in floating point, the one
    that they all are.

    Raises
    ------
    ValueError
        If that is wider than the widest format, or formats of which one is in floating point
        differ.
    """
    if any(isinstance(format, FloatFormat) for format in formats):
        if len(set(formats)) > 1:
            raise ValueError(
                f"expected one format in floating point, got {', '.join(map(str, formats))}"
            )
        return formats[0]
    signed = any(format.signed for format in formats)
    # An unsigned format needs a bit more before the point beside a signed one.
    integer = max(format.integer + (signed and not format.signed) for format in formats)
    return QFormat(integer, max(format.fraction for format in formats), signed)


@dataclass(frozen=True)
class Concatenate:
    """Inputs one after the other along the last axis, all in the format `union` of theirs.

    Parameters
    ----------
    formats
        Of each input.
    """

    formats: tuple[NumberFormat, ...]

    def compute(self, *inputs: np.ndarray) -> np.ndarray:
        """Raw values in the union of raw inputs (samples, ..., channels)."""
        target = union(self.formats)
        kind = carrier(target.width)
        ends = np.cumsum([raw.shape[-1] for raw in inputs])
        joined = np.empty((*inputs[0].shape[:-1], ends[-1]), kind)
        for raw, format, end in zip(inputs, self.formats, ends, strict=True):
            place = joined[..., end - raw.shape[-1] : end]
            np.multiply(raw, kind(2.0 ** (target.fraction - format.fraction)), out=place)
        return joined
