"""The base of layers in floating point that have weights: exact sums, one rounding an output."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.exact_sums import Accumulator, ExactSums
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.ranged import RangedLayer
from build_decoder.quant.layer import Signal
from build_decoder.quant.limiting import limit

__all__ = ["FloatWeighted"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatWeighted(RangedLayer):
    """A layer of sums of products whose raw values are codes of a floating-point format.

    ::

        exact  = sum(x[...] * w[..., u]) + bias[u]       nothing is rounded; an accumulator's width
                                                         is proven from weights and input range
        output = round(exact)                            to the nearest, ties even
        output = round(max(exact, 0))                    if it is rectified
        output = round(form(round_half_up(exact)))       of an activation with a form

    An activation's form is that of fixed-point decoders, of codes within one step of the function:
    the exact sum is rounded and limited to its input, and its output, which has about as many bits
    as a significand, becomes a float. NaN among what a sum takes makes its output NaN.

    Parameters
    ----------
    input, greatest, least
        As of a :class:`quant.floating.ranged.RangedLayer`.
    weight, output
        Formats of weights and biases, and of the outputs.
    weights, biases
        Int64 codes, all finite; the last axis of both counts outputs.
    rectified
        Whether a negative sum becomes plus zero.
    form
        The activation between two fixed-point formats; None if there is none.

    Raises
    ------
    ValueError
        If shapes do not match, a weight or the greatest input is not finite, or a rectified layer
        has a form.
    """

    weight: FloatFormat
    output: FloatFormat
    weights: np.ndarray
    biases: np.ndarray
    rectified: bool = False
    form: IntegerActivation | None = None

    def __post_init__(self):
        if self.rectified and self.form is not None:
            raise ValueError("expected a form or rectified sums, got both")
        # Made at once, so that what does not fit is told here.
        _ = self.sums.total

    @cached_property
    def sums(self) -> ExactSums:
        """Exact sums, biases in them, and what rounds them half up in front of a form."""
        half = None if self.form is None else -self.form.input.fraction - 1
        matrix = self.weights.reshape(-1, self.weights.shape[-1])
        return ExactSums(self.range, matrix, self.weight, self.output, self.biases, half)

    @property
    def exact(self) -> Accumulator:
        """Where sums of products are."""
        return self.sums.accumulator

    @property
    def captured(self) -> Accumulator:
        """Where finished sums are held: no bit is dropped before the rounding."""
        return self.exact

    @property
    def stored_biases(self) -> np.ndarray:
        """What is added to each sum: Python's integers (units,), in the last bit of the total."""
        return np.array(self.sums.added, dtype=object)

    @property
    def input_count(self) -> int:
        """Values of the input for one sample."""
        raise NotImplementedError

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Inputs, weights, biases and outputs."""
        return (
            Signal("input", self.input, self.input_count),
            Signal("weight", self.weight, self.weights.size),
            Signal("bias", self.weight, self.biases.size),
            Signal("output", self.output, self.output_count),
        )

    @property
    def activations(self) -> tuple[IntegerActivation, ...]:
        """The form, if there is one."""
        return () if self.form is None else (self.form,)

    def ended(self, exact: np.ndarray) -> np.ndarray:
        """Int64 codes of the outputs of sums, float64 as :meth:`ExactSums.summed` has them."""
        if self.form is None:
            # Minus zero is no exact sum, and so none of these.
            return self.output.encode(np.maximum(exact, 0.0) if self.rectified else exact)
        into, out = self.form.input, self.form.output
        steps = np.where(np.isnan(exact), 0.0, exact) * 2.0**into.fraction
        codes = limit(np.floor(steps), into).astype(np.int64)
        values = np.where(np.isnan(exact), np.nan, out.to_real(self.form.compute(codes)))
        return self.output.encode(values)
