"""A time step of a long short-term memory in integers."""

from dataclasses import dataclass
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

__all__ = ["LstmCell"]


@dataclass(frozen=True, eq=False)
class LstmCell:
    """With every operand raw, ``sat`` saturation to a node's format, ``rhu`` rounding half up, and
    ``u`` one of four quarters i, f, g, o of the units::

        accumulator = sat(rhu(sum(x[n] * weights[n, u]) + sum(h[m] * recurrent[m, u])))
        sum         = sat(rhu(accumulator + biases[u]))
        i, f, o     = gate(sum), each of its quarter
        g           = candidate(sum)
        cell'       = sat(rhu(f * cell + i * g))
        squashed    = squash(cell')
        h'          = sat(rhu(o * squashed))

    Parameters
    ----------
    input
        Format of ``x``.
    weights, recurrent, biases
        Raw (inputs, 4 * units), (units, 4 * units) and (4 * units,).
    accumulator
        Format, of no more fraction bits than products have.
    gate, candidate, squash
        Parameter objects of the activations: from sum to gate, from sum to candidate, from cell to
        squashed.
    output
        Format of ``h``.
    """

    input: QFormat
    weights: RawArray
    recurrent: RawArray
    biases: RawArray
    accumulator: QFormat
    gate: IntegerActivation
    candidate: IntegerActivation
    squash: IntegerActivation
    output: QFormat

    @property
    def units(self) -> int:
        """Values of each state."""
        return self.recurrent.raw.shape[0]

    @property
    def cell(self) -> QFormat:
        """Format of the state that is kept."""
        return self.squash.input

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
            self.gate.input, self.biases.raw, self.biases.bounds,
        )  # fmt: skip

    @cached_property
    def cell_narrowing(self) -> Narrow:
        """From what is kept plus what is added, exact, to the cell node."""
        gate = Span.of(self.gate.output)
        exact = gate * Span.of(self.cell) + gate * Span.of(self.candidate.output)
        return Narrow(exact, self.cell)

    @cached_property
    def output_narrowing(self) -> Narrow:
        """From the product of gate and squashed cell to the output node."""
        return Narrow(Span.of(self.gate.output) * Span.of(self.squash.output), self.output)

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match or anything is wider than the widest format."""
        sums = 4 * self.units
        got = self.weights.raw.shape[1:], self.recurrent.raw.shape[1:], self.biases.raw.shape
        if got != ((sums,),) * 3:
            raise ValueError(
                f"expected {sums} sums of {self.units} units in weights, recurrent and biases, "
                f"got {', '.join(map(str, got))}"
            )
        if self.candidate.input != self.gate.input:
            raise ValueError(
                f"expected gate and candidate to take the same sums, got {self.gate.input} and "
                f"{self.candidate.input}"
            )
        self.biased_sum.check()
        self.cell_narrowing.source.check("sums of what a cell keeps and what is added", "cell")
        self.output_narrowing.source.check("products of gate and squashed cell", "output")

    def start(self, samples: int) -> tuple[np.ndarray, np.ndarray]:
        """Raw states before the first step: zeros."""
        formats = (self.output, self.cell)
        return tuple(np.zeros((samples, self.units), carrier(f.width)) for f in formats)

    @cached_property
    def _activations(self) -> tuple[Activate, Activate, Activate]:
        return Activate(self.gate), Activate(self.candidate), Activate(self.squash)

    def compute(self, projected, state):
        """Raw output and cell after a step: :class:`quant.operations.recurrence.Cell`."""
        h, cell = state
        gate, candidate, squash = self._activations
        sums = self.biased_sum.compute(self.sums.compute(projected, h))
        i, f, g, o = (sums[:, n * self.units : (n + 1) * self.units] for n in range(4))
        kept = self._product(gate.compute(f), self.gate.output, cell, self.cell)
        added = self._product(
            gate.compute(i), self.gate.output, candidate.compute(g), self.candidate.output
        )
        cell = self.cell_narrowing.compute(np.add(kept, added, out=kept))
        exact = self.output_narrowing.source
        h = carried(gate.compute(o), exact.kind) * carried(squash.compute(cell), exact.kind)
        return self.output_narrowing.compute(h), cell

    def _product(self, a, a_format: QFormat, b, b_format: QFormat) -> np.ndarray:
        """An exact product as a term of the cell's sum."""
        exact = self.cell_narrowing.source
        return exact.place(carried(a, exact.kind) * b, a_format.fraction + b_format.fraction)
