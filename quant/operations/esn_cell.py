"""A time step of an echo state network in integers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.carrier import carrier
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.narrow import Narrow
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.recurrent_sums import RecurrentSums
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["EsnCell"]


@dataclass(frozen=True, eq=False)
class EsnCell:
    """With every operand raw, ``sat`` saturation to a node's format, and ``rhu`` rounding half up::

        accumulator = sat(rhu(sum(x[n] * weights[n, u]) + sum(h[m] * recurrent[m, u])))
        g           = candidate(sat(rhu(accumulator + biases[u])))
        h'          = sat(rhu(h + (g - h) * 2**-leak_bits))

    Parameters
    ----------
    input
        Format of ``x``.
    weights, recurrent, biases
        Raw (inputs, units), (units, units) and (units,).
    accumulator
        Format, of no more fraction bits than products have.
    candidate
        Parameter object of the activation, from sum to candidate.
    leak_bits
        See above.
    output
        Format of ``h``.
    """

    input: QFormat
    weights: RawArray
    recurrent: RawArray
    biases: RawArray
    accumulator: QFormat
    candidate: IntegerActivation
    leak_bits: int
    output: QFormat

    @property
    def units(self) -> int:
        """Values of the state."""
        return self.recurrent.raw.shape[0]

    @property
    def gate(self) -> IntegerActivation:
        """What the sums go through."""
        return self.candidate

    @cached_property
    def products(self) -> Products:
        """Exact sums of products of a step's input."""
        return Products(self.input, self.weights)

    @cached_property
    def sums(self) -> RecurrentSums:
        """Exact sums of products of a step's input and of the state before it."""
        return RecurrentSums(self.products, Products(self.output, self.recurrent))

    @cached_property
    def biased_sum(self) -> BiasedSum:
        """From exact sums to the sum node."""
        span = self.sums.span
        return BiasedSum(
            span.fraction, span.low, span.high, self.accumulator, self.biases.format,
            self.candidate.input, self.biases.raw, self.biases.bounds,
        )  # fmt: skip

    @cached_property
    def output_narrowing(self) -> Narrow:
        """From what stays of the state plus the candidate's part, exact, to the output node.

        Both are multiples of ``2**-leak_bits`` of a step of the finer one.
        """
        kept, candidate = Span.of(self.output), Span.of(self.candidate.output)
        fraction = max(kept.fraction, candidate.fraction) + self.leak_bits
        low, high = (
            self.stays * (k << fraction - self.leak_bits - kept.fraction)
            + (c << fraction - self.leak_bits - candidate.fraction)
            for k, c in ((kept.low, candidate.low), (kept.high, candidate.high))
        )
        return Narrow(Span(fraction, low, high), self.output)

    @property
    def stays(self) -> int:
        """What stays of the state, in ``2**-leak_bits``."""
        return (1 << self.leak_bits) - 1

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match or anything is wider than the widest format."""
        units = self.units
        got = self.weights.raw.shape[1:], self.recurrent.raw.shape[1:], self.biases.raw.shape
        if got != ((units,),) * 3:
            raise ValueError(
                f"expected {units} sums in weights, recurrent and biases, got "
                f"{', '.join(map(str, got))}"
            )
        self.biased_sum.check()
        self.output_narrowing.source.check("sums of state and candidate", "output")

    def start(self, samples: int) -> tuple[np.ndarray]:
        """Raw state before the first step: zeros."""
        return (np.zeros((samples, self.units), carrier(self.output.width)),)

    @cached_property
    def _candidate(self) -> Activate:
        return Activate(self.candidate)

    def compute(self, projected, state):
        """The raw output after a step: :class:`quant.operations.recurrence.Cell`."""
        (h,) = state
        g = self._candidate.compute(self.biased_sum.compute(self.sums.compute(projected, h)))
        exact = self.output_narrowing.source
        # A factor of a whole number: as fraction bits it has `leak_bits`.
        total = exact.place(h, self.output.fraction + self.leak_bits)
        total *= exact.kind(self.stays)
        total += exact.place(g, self.candidate.output.fraction + self.leak_bits)
        return (self.output_narrowing.compute(total),)
