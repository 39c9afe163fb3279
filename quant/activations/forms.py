"""Which integer form an activation takes: that which is built, or one that is as good to search."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.activation import Activation
from build_decoder.quant.activations import IntegerActivation, integer_activation, is_exact
from build_decoder.quant.activations.ideal import Ideal
from build_decoder.quant.pwl.uniform import uniform_lines
from build_decoder.quant.qformat import QFormat

__all__ = ["MAX_TABLE_WIDTH", "Forms", "built_forms", "searched_forms"]

MAX_TABLE_WIDTH = 12
"""Widest activation input, in bits, of which a search runs the form that is built. A wider one,
which only a search's perfect formats have, takes the float function, or its uniform lines, and
rounds the result: so many codes are as good as real numbers, and no piecewise-linear unit is fitted
for them in vain."""

Forms = Callable[[str | Activation, QFormat, QFormat], IntegerActivation]
"""From an activation and its two formats to its integer form."""


def built_forms(uniform_segments: int | None = None) -> Forms:
    """The forms that hardware has; see :func:`quant.activations.integer_activation`."""

    def form(activation, input, output):
        return integer_activation(
            activation, input, output, uniform_segments=uniform_segments
        )

    return form


def searched_forms(uniform_segments: int | None = None) -> Forms:
    """As `built_forms`, but `Ideal` where the input is wider than `MAX_TABLE_WIDTH`."""
    built = built_forms(uniform_segments)

    def form(activation, input, output):
        if input.width <= MAX_TABLE_WIDTH:
            return built(activation, input, output)
        return _ideal(activation, input, output, uniform_segments)

    return form


@lru_cache(maxsize=256)
def _ideal(
    activation: str | Activation, input: QFormat, output: QFormat, uniform_segments: int | None
) -> Ideal:
    named = activation if isinstance(activation, Activation) else float_activations.get(activation)
    function = named.function
    if uniform_segments is None or is_exact(named.name):
        return Ideal(input, output, function)
    least, greatest = output.to_real([output.min_raw, output.max_raw])
    low, high = input.to_real([input.min_raw, input.max_raw + 1])
    # Lines are fitted to what the output can hold, as integer ones are.
    lines = uniform_lines(
        lambda x: np.clip(function(x), least, greatest), low, high, uniform_segments
    )
    return Ideal(input, output, lines)
