"""Time steps, each with a power of a score of its values: what forms of attention share."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["ScoredSteps"]


@dataclass(frozen=True, eq=False)
class ScoredSteps:
    """Powers of steps, and a format for what is made of them; see the subclasses.

    Attributes
    ----------
    outputs : int
        Values of the output.
    weighted : Span
        Range of exact sums of values weighted by powers, running ones too.
    """

    input: QFormat
    weights: RawArray
    biases: RawArray
    accumulator: QFormat
    power: IntegerActivation
    output: QFormat

    @property
    def outputs(self) -> int:
        raise NotImplementedError

    @property
    def weighted(self) -> Span:
        raise NotImplementedError

    @property
    def steps(self) -> int:
        """Time steps."""
        return len(self.biases.raw)

    @property
    def channels(self) -> int:
        """Channels of a step."""
        return len(self.weights.raw)

    @cached_property
    def products(self) -> Products:
        """Exact sums of products, one a step."""
        return Products(self.input, self.weights)

    @cached_property
    def biased_sum(self) -> BiasedSum:
        """From exact sums to the sum node, all steps at once."""
        return BiasedSum(
            self.products.fraction, self.products.low, self.products.high, self.accumulator,
            self.biases.format, self.power.input, self.biases.raw[:, 0], self.biases.bounds,
        )  # fmt: skip

    @cached_property
    def total(self) -> Span:
        """Range of exact sums of powers."""
        return Span.of(self.power.output).times(self.steps)

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match or anything is wider than the widest format."""
        shapes = self.weights.raw.shape, self.biases.raw.shape
        if shapes != ((self.channels, 1), (self.steps, 1)):
            raise ValueError(
                f"expected weights (channels, 1) and biases (steps, 1), got {shapes[0]} and "
                f"{shapes[1]}"
            )
        self.biased_sum.check()
        self.weighted.check("sums of weighted values", "output")

    def powers(self, x: np.ndarray) -> np.ndarray:
        """Raw powers (samples, steps) of raw values (samples, steps, channels)."""
        sums = self.biased_sum.compute(self.products.compute(x)[..., 0])
        return Activate(self.power).compute(sums)
