"""Attention over time steps in floating point: a mean weighted by scores of the values."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.exact_sums import ExactSums
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.odd import MOST_BITS, to_odd
from build_decoder.quant.floating.ranged import RangedLayer
from build_decoder.quant.layer import Signal
from build_decoder.quant.limiting import limit

__all__ = ["FloatAttention"]

_LEADING = MOST_BITS - 2
"""Bits that a sum is brought to before it is divided."""

_MOST_TOTAL = 30
"""Bits of a sum of powers: a quotient then has five bits more than the longest significand."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatAttention(RangedLayer):
    """Inputs, weights and outputs are codes of one format; powers are raw results of a form, exact
    numbers of a few bits::

        score[t] = sum over c of x[t, c] * weights[c] + biases[t]
        p[t]     = power(round_half_up(score[t]))
        y[c]     = round(sum over t of p[t] * x[t, c] / sum over t of p[t])

    Sums, products and the quotient are exact, and ``round`` is to the nearest, ties even: an output
    is rounded once. NaN among a sample's values makes all of its outputs NaN.

    Parameters
    ----------
    input, greatest, least
        As of a :class:`quant.floating.ranged.RangedLayer`; ``input`` is the format of all codes.
    weights, biases
        Int64 codes, all finite: (channels, 1) and (steps, 1).
    power
        Form from score to power, which gives powers above zero.

    Raises
    ------
    ValueError
        If shapes do not match, weights or the greatest input are not finite, a power is not above
        zero, sums of products with powers are wider than 59 bits, or sums of powers wider than 30.
    """

    weights: np.ndarray
    biases: np.ndarray
    power: IntegerActivation

    def __post_init__(self):
        shapes = self.weights.shape, self.biases.shape
        if shapes != ((self.channels, 1), (self.steps, 1)):
            raise ValueError(
                f"expected weights (channels, 1) and biases (steps, 1), got {shapes[0]} and "
                f"{shapes[1]}"
            )
        least, _ = self.powers
        if least < 1:
            raise ValueError(f"expected powers above zero, got raw {least}")
        for name, most, bound in (
            ("of products with powers", _LEADING - 1, self.weighted_bound),
            ("of powers", _MOST_TOTAL, self.total_bound),
        ):
            if bound.bit_length() > most:
                raise ValueError(
                    f"expected sums {name} of at most {most} bits, got {bound.bit_length()}"
                )
        # Made at once, so that what does not fit is told here.
        _ = self.sums.total

    @property
    def attend(self) -> "FloatAttention":
        """The layer is its own operation."""
        return self

    @property
    def steps(self) -> int:
        """Time steps."""
        return len(self.biases)

    @property
    def channels(self) -> int:
        """Channels of a step, and values of the output."""
        return len(self.weights)

    @property
    def output(self) -> FloatFormat:
        """Format of the means."""
        return self.input

    @property
    def output_shape(self) -> tuple[int]:
        """A value a channel."""
        return (self.channels,)

    @cached_property
    def sums(self) -> ExactSums:
        """Exact sums, one a step, biases in them, and what rounds them half up in front of the
        form."""
        weights = np.repeat(self.weights, self.steps, axis=1)
        half = -self.power.input.fraction - 1
        return ExactSums(self.range, weights, self.input, self.output, self.biases[:, 0], half)

    @cached_property
    def powers(self) -> tuple[int, int]:
        """Least and greatest raw power: found by trying all inputs of the form."""
        into = self.power.input
        every = self.power.compute(np.arange(into.min_raw, into.max_raw + 1))
        return int(every.min()), int(every.max())

    @property
    def weighted_bound(self) -> int:
        """Greatest size of a sum of products with powers, in units of the last bit of both."""
        return self.steps * self.powers[1] * self.range.steps

    @property
    def total_bound(self) -> int:
        """Greatest sum of powers, raw."""
        return self.steps * self.powers[1]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Codes."""
        return (
            Signal("input", self.input, self.steps * self.channels),
            Signal("weight", self.input, self.channels),
            Signal("bias", self.input, self.steps),
            Signal("output", self.output, self.channels),
        )

    @property
    def activations(self) -> tuple[IntegerActivation, ...]:
        """The form of powers."""
        return (self.power,)

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, channels) of codes (samples, steps, channels)."""

        def dot(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
            return np.einsum("stc,ct->st", x, weights)

        raw = np.asarray(raw)
        scores = self.sums.summed(raw, dot)
        nan = np.isnan(scores).any(axis=1, keepdims=True)
        steps = np.floor(np.ldexp(np.where(nan, 0.0, scores), self.power.input.fraction))
        powers = self.power.compute(limit(steps, self.power.input).astype(np.int64))
        x = np.where(nan[..., None], 0.0, self.input.decode(self.range.take(raw)))
        x = np.ldexp(x, -self.least).astype(np.int64)
        weighted = np.einsum("st,stc->sc", powers, x)
        means = self._divided(weighted, powers.sum(axis=1, keepdims=True))
        return self.output.encode(np.where(nan, np.nan, means))

    def _divided(self, weighted: np.ndarray, total: np.ndarray) -> np.ndarray:
        """Float64 quotients, rounded to odd: rounded once more, they are what the whole ones
        are."""
        size = np.abs(weighted)
        places = _LEADING - np.frexp(size.astype(np.float64))[1].astype(np.int64)
        quotient, rest = np.divmod(size << places, total)
        odd = to_odd(2 * quotient + (rest != 0), 0)
        return np.copysign(np.ldexp(odd, self.least - places - 1), weighted)
