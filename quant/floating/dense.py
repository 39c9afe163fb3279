"""Dense layer in floating point: exact sums of products, and one rounding a neuron."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.floating.exact_sums import Accumulator, ExactSums
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.layer import IntegerLayer, Signal
from build_decoder.quant.limiting import limit
from build_decoder.quant.operations.identity import identity

__all__ = ["FloatDense"]


@dataclass(frozen=True, eq=False)
class FloatDense(DenseShape, IntegerLayer):
    """A dense layer whose raw values are codes of a floating-point format.

    ::

        exact  = sum(x[i] * w[i, u]) + bias[u]           nothing is rounded; an accumulator's width
                                                         is proven from weights and input range
        output = round(exact)                            to the nearest, ties even
        output = round(max(exact, 0))                    if it is rectified
        output = round(form(round_half_up(exact)))       of an activation with a form

    An activation's form is that of fixed-point decoders, of codes within one step of the function:
    the exact sum is rounded and limited to its input, and its output, which has about as many bits
    as a significand, becomes a float. NaN among a sample's inputs makes all of its outputs NaN.

    Parameters
    ----------
    input, weight, output
        Formats of the inputs, of weights and biases, and of the outputs.
    greatest
        Code of the greatest input that is taken, and of its negative.
    least
        Exponent of the last bit of an input that is taken; see
        :class:`quant.floating.input_range.InputRange`.
    weights, biases
        Int64 codes (inputs, units) and (units,), all finite.
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

    input: FloatFormat
    weight: FloatFormat
    output: FloatFormat
    greatest: int
    least: int
    weights: np.ndarray
    biases: np.ndarray
    rectified: bool = False
    form: IntegerActivation | None = None

    def __post_init__(self):
        if self.rectified and self.form is not None:
            raise ValueError("expected a form or rectified sums, got both")
        # Made at once, so that what does not fit is told here.
        _ = self.sums.total

    @property
    def inputs(self) -> tuple[FloatFormat]:
        """Format of the input."""
        return (self.input,)

    @cached_property
    def range(self) -> InputRange:
        """Inputs that are taken as they are."""
        return InputRange(self.input, float(self.input.decode(self.greatest)), self.least)

    @cached_property
    def sums(self) -> ExactSums:
        """Exact sums, biases in them, and what rounds them half up in front of a form."""
        half = None if self.form is None else -self.form.input.fraction - 1
        return ExactSums(self.range, self.weights, self.weight, self.output, self.biases, half)

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
    def operations(self):
        """The layer is its own operation."""
        return (self,)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Inputs, weights, biases and outputs."""
        return (
            Signal("input", self.input, self.input_count),
            Signal("weight", self.weight, self.weights.size),
            Signal("bias", self.weight, self.units),
            Signal("output", self.output, self.units),
        )

    @property
    def activations(self) -> tuple[IntegerActivation, ...]:
        """The form, if there is one."""
        return () if self.form is None else (self.form,)

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, units) of codes (samples, inputs)."""
        exact = self.sums.values(raw)
        if self.form is None:
            # Minus zero is no exact sum, and so none of these.
            return self.output.encode(np.maximum(exact, 0.0) if self.rectified else exact)
        into, out = self.form.input, self.form.output
        steps = np.where(np.isnan(exact), 0.0, exact) * 2.0**into.fraction
        codes = limit(np.floor(steps), into).astype(np.int64)
        values = np.where(np.isnan(exact), np.nan, out.to_real(self.form.compute(codes)))
        return self.output.encode(values)

    def digest(self) -> bytes:
        return identity(self)
