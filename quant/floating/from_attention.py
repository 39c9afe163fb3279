"""From attention in floats to attention in floating point."""

import math
from collections.abc import Mapping

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.models.layers.attention import Attention
from build_decoder.quant.floating.attention import FloatAttention
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.forms import form_between, form_fraction
from build_decoder.quant.layers.attention import POWER

__all__ = ["float_attention"]

_GREATEST = 3
"""Powers are between 1/e and e."""


def float_attention(
    layer: Attention,
    shape: Shape,
    weights: Mapping[str, np.ndarray],
    format: FloatFormat,
    taken: tuple[int, int],
    uniform_segments: int | None,
) -> FloatAttention:
    """The layer in a format that holds its ``weights``; parameters are those of
    :func:`quant.floating.from_lstm.float_lstm`."""
    greatest, least = taken
    # Half an output step from the end that it approaches, it may as well be there.
    flat = ((form_fraction(format) + 2) * math.log(2) + 1) / 2
    power = form_between(
        format, POWER, (0, _GREATEST), 1 + math.ceil(math.log2(flat)), uniform_segments
    )
    return FloatAttention(
        input=format, greatest=greatest, least=least, weights=format.encode(weights["weights"]),
        biases=format.encode(weights["bias"]), power=power,
    )  # fmt: skip
