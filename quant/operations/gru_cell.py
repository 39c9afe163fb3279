"""A time step of a gated recurrent unit in integers."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.carrier import carried, carrier
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.narrow import Narrow
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.recurrent_sums import RecurrentSums
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["GruCell"]


@dataclass(frozen=True, eq=False)
class GruCell:
    """With every operand raw, ``sat`` saturation to a node's format, ``rhu`` rounding half up, and
    ``u`` one of three thirds z, r, g of the units, first of z and r::

        accumulator = sat(rhu(sum(x[n] * weights[n, u]) + sum(h[m] * recurrent[m, u])))
        z, r        = gate(sat(rhu(accumulator + biases[0, u] + biases[1, u])))

    and then of g::

        reset       = sat(rhu(sum(h[m] * recurrent[m, u]) + biases[1, u]))
        g           = candidate(sat(rhu(sum(x[n] * weights[n, u]) + biases[0, u] + r * reset)))
        h'          = sat(rhu(g + z * (h - g)))

    Parameters
    ----------
    input
        Format of ``x``.
    weights, recurrent, biases
        Raw (inputs, 3 * units), (units, 3 * units) and (2, 3 * units).
    accumulator
        Format, of no more fraction bits than products have.
    reset
        Format.
    gate, candidate
        Parameter objects of the activations: from sum to gate, from sum to candidate.
    output
        Format of ``h``.
    """

    input: QFormat
    weights: RawArray
    recurrent: RawArray
    biases: RawArray
    accumulator: QFormat
    reset: QFormat
    gate: IntegerActivation
    candidate: IntegerActivation
    output: QFormat

    @property
    def units(self) -> int:
        """Values of the state."""
        return self.recurrent.raw.shape[0]

    @property
    def sum(self) -> QFormat:
        """Format of the sums that activations take."""
        return self.gate.input

    @cached_property
    def products(self) -> Products:
        """Exact sums of products of a step's input."""
        return Products(self.input, self.weights)

    @cached_property
    def gate_sums(self) -> RecurrentSums:
        """Exact sums of products of gates, (samples, 2 * units)."""
        return RecurrentSums(
            Products(self.input, self._of_gates(self.weights)),
            Products(self.output, self._of_gates(self.recurrent)),
        )

    @cached_property
    def biased_sum(self) -> BiasedSum:
        """From a gate's exact sums to the sum node, with both its biases."""
        span = self.gate_sums.span
        return BiasedSum(
            span.fraction, span.low, span.high, self.accumulator, self.biases.format,
            self.sum, self.biases.raw[:, : 2 * self.units].sum(axis=0), self._both_bias_bounds,
        )  # fmt: skip

    @cached_property
    def input_products(self) -> Products:
        """Exact sums of products of the input for the candidate."""
        return Products(self.input, self._of_candidate(self.weights))

    @cached_property
    def state_products(self) -> Products:
        """Exact sums of products of the state for the candidate."""
        return Products(self.output, self._of_candidate(self.recurrent))

    @cached_property
    def reset_narrowing(self) -> Narrow:
        """From sums of the state with their bias to the reset node."""
        return Narrow(_span(self.state_products) + self._bias_span(1), self.reset)

    @cached_property
    def candidate_narrowing(self) -> Narrow:
        """From sums of the input with their bias and what the gate lets by to the sum node."""
        passed = Span.of(self.gate.output) * Span.of(self.reset)
        return Narrow(_span(self.input_products) + self._bias_span(0) + passed, self.sum)

    @cached_property
    def output_narrowing(self) -> Narrow:
        """From candidate plus gated difference to the output node."""
        candidate, output = Span.of(self.candidate.output), Span.of(self.output)
        exact = candidate + Span.of(self.gate.output) * (output - candidate)
        return Narrow(exact, self.output)

    @property
    def _both_bias_bounds(self) -> tuple[int, int] | None:
        bounds = self.biases.bounds
        return bounds and (2 * bounds[0], 2 * bounds[1])

    def _of_gates(self, array: RawArray) -> RawArray:
        return replace(array, raw=array.raw[:, : 2 * self.units])

    def _of_candidate(self, array: RawArray) -> RawArray:
        return replace(array, raw=array.raw[:, 2 * self.units :])

    def _candidate_biases(self, row: int) -> np.ndarray:
        return self.biases.raw[row, 2 * self.units :]

    def _bias_span(self, row: int) -> Span:
        return replace(self.biases, raw=self._candidate_biases(row)).span

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match or anything is wider than the widest format."""
        sums = 3 * self.units
        got = self.weights.raw.shape[1:], self.recurrent.raw.shape[1:], self.biases.raw.shape
        if got != ((sums,), (sums,), (2, sums)):
            raise ValueError(
                f"expected {sums} sums of {self.units} units in weights, recurrent and two rows "
                f"of biases, got {', '.join(map(str, got))}"
            )
        if self.candidate.input != self.gate.input:
            raise ValueError(
                f"expected gate and candidate to take the same sums, got {self.gate.input} and "
                f"{self.candidate.input}"
            )
        self.biased_sum.check()
        self.reset_narrowing.source.check("sums of the state with their bias", "reset")
        self.candidate_narrowing.source.check("sums of the candidate", "sum")
        self.output_narrowing.source.check("sums of candidate and gated difference", "output")

    def start(self, samples: int) -> tuple[np.ndarray]:
        """Raw state before the first step: zeros."""
        return (np.zeros((samples, self.units), carrier(self.output.width)),)

    @cached_property
    def _activations(self) -> tuple[Activate, Activate]:
        return Activate(self.gate), Activate(self.candidate)

    def compute(self, projected, state):
        """The raw output after a step: :class:`quant.operations.recurrence.Cell`."""
        (h,) = state
        gate, candidate = self._activations
        gates = 2 * self.units
        sums = self.gate_sums.compute(projected[:, :gates], h)
        sums = gate.compute(self.biased_sum.compute(sums))
        z, r = sums[:, : self.units], sums[:, self.units :]
        g = candidate.compute(self._candidate_sums(projected[:, gates:], h, r))
        exact = self.output_narrowing.source
        g_fraction, gate_fraction = self.candidate.output.fraction, self.gate.output.fraction
        fraction = max(g_fraction, self.output.fraction)
        difference = carried(h, exact.kind) * exact.kind(2.0 ** (fraction - self.output.fraction))
        difference -= carried(g, exact.kind) * exact.kind(2.0 ** (fraction - g_fraction))
        difference *= z
        total = exact.place(difference, fraction + gate_fraction)
        total += exact.place(g, g_fraction)
        return (self.output_narrowing.compute(total),)

    def _candidate_sums(self, projected, h, r) -> np.ndarray:
        """Raw sums that the candidate's activation takes."""
        fraction = self.biases.format.fraction
        exact = self.reset_narrowing.source
        total = exact.place(self.state_products.compute(h), self.state_products.fraction)
        total += exact.place(self._candidate_biases(1), fraction)
        reset = self.reset_narrowing.compute(total)
        exact = self.candidate_narrowing.source
        passed = carried(r, exact.kind) * reset
        total = exact.place(passed, self.gate.output.fraction + self.reset.fraction)
        total += exact.place(projected, self.input_products.fraction)
        total += exact.place(self._candidate_biases(0), fraction)
        return self.candidate_narrowing.compute(total)


def _span(products: Products) -> Span:
    return Span(products.fraction, products.low, products.high)
