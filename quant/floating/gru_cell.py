"""A time step of a gated recurrent unit in floating point."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.cell import FloatCell
from build_decoder.quant.floating.exact_sums import ExactSums
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.forms import greatest_size
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.floating.odd import MOST_BITS, to_odd

__all__ = ["FloatGruCell"]


@dataclass(frozen=True, eq=False)
class FloatGruCell(FloatCell):
    """Inputs, weights, states and outputs are codes of one format; gates are raw results of forms,
    exact numbers of a few bits. ``u`` is one of three thirds z, r, g of the units::

        of_input = sum(x[n] * weights[n, u]) + biases[0, u]
        of_state = sum(h[m] * recurrent[m, u]) + biases[1, u]
        z, r     = gate(round_half_up(of_input + of_state)), each of its third
        g        = candidate(round_half_up(of_input + r * of_state)), of the last third
        h'       = round(g + z * (h - g))

    Sums and products are exact, and ``round`` is to the nearest, ties even: a state is rounded
    once. In sums, ``x`` and ``h`` are taken from one range, and ``h`` in the last line from a range
    of its own; what is beyond is limited as of a :class:`quant.floating.input_range.InputRange`.
    NaN among ``x`` or ``h`` makes all states NaN.

    Parameters
    ----------
    format
        Of all codes.
    greatest, least
        Code of the greatest ``x`` and ``h`` that are taken into sums, and exponent of their last
        bit.
    state_greatest, state_least
        The same of ``h`` in the last line.
    weights, recurrent, biases
        Int64 codes, all finite: (channels, 3 * units), (units, 3 * units) and (2, 3 * units).
    gate, candidate
        Forms.
    """

    format: FloatFormat
    greatest: int
    least: int
    state_greatest: int
    state_least: int
    weights: np.ndarray
    recurrent: np.ndarray
    biases: np.ndarray
    gate: IntegerActivation
    candidate: IntegerActivation

    @cached_property
    def kept(self) -> InputRange:
        """States that are taken as they are where they are gated."""
        greatest = float(self.format.decode(self.state_greatest))
        return InputRange(self.format, greatest, self.state_least)

    @cached_property
    def sums(self) -> ExactSums:
        """Exact sums of a step with their biases, four a unit: of z and r, of the candidate's input
        and of its state."""
        units, (inputs, states) = self.units, (self.weights, self.recurrent)
        gates = 2 * units
        matrix = np.zeros((len(inputs) + units, 4 * units), dtype=np.int64)
        matrix[: len(inputs), : 3 * units] = inputs
        matrix[len(inputs) :, :gates] = states[:, :gates]
        matrix[len(inputs) :, 3 * units :] = states[:, gates:]
        biases = np.zeros((2, 4 * units), dtype=np.int64)
        biases[0, : 3 * units] = self.biases[0]
        biases[1, :gates] = self.biases[1, :gates]
        biases[1, 3 * units :] = self.biases[1, gates:]
        return ExactSums(self.range, matrix, self.format, self.format, biases)

    @property
    def unit(self) -> int:
        """Exponent of the last bit of what the update gate multiplies."""
        return min(self.state_least, -self.candidate.output.fraction)

    @property
    def state_places(self) -> int:
        """Zero bits behind a state in that unit."""
        return self.state_least - self.unit

    @property
    def candidate_places(self) -> int:
        """Zero bits behind a candidate in that unit."""
        return -self.candidate.output.fraction - self.unit

    @property
    def difference_bound(self) -> int:
        """Greatest size of the difference of state and candidate, in that unit."""
        candidate = greatest_size(self.candidate) << self.candidate_places
        return (self.kept.steps << self.state_places) + candidate

    @property
    def exact_least(self) -> int:
        """Exponent of the last bit of the exact sum that is an output."""
        return self.unit - self.gate.output.fraction

    @property
    def exact_bound(self) -> int:
        """Greatest size of that sum, in units of its last bit."""
        places = self.candidate_places + self.gate.output.fraction
        gated = greatest_size(self.gate) * self.difference_bound
        return (greatest_size(self.candidate) << places) + gated

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match, weights or ranges are not finite, or the sum
        that is an output is wider than 62 bits."""
        sums = 3 * self.units
        got = self.weights.shape[1:], self.recurrent.shape[1:], self.biases.shape
        if got != ((sums,), (sums,), (2, sums)):
            raise ValueError(
                f"expected {sums} sums of {self.units} units in weights, recurrent and two rows "
                f"of biases, got {', '.join(map(str, got))}"
            )
        if self.exact_bound.bit_length() > MOST_BITS:
            raise ValueError(
                f"expected sums of candidate and gated difference of at most {MOST_BITS} bits, got "
                f"{self.exact_bound.bit_length()}"
            )
        # Made at once, so that what does not fit is told here.
        _ = self.sums.total

    def start(self, samples: int) -> tuple[np.ndarray]:
        """Codes of the state before the first step: zeros."""
        return (np.zeros((samples, self.units), np.int64),)

    def compute(self, projected: np.ndarray, state: tuple[np.ndarray]) -> tuple[np.ndarray]:
        """Codes of the output after a step, of its inputs' codes (samples, channels):
        :class:`quant.operations.recurrence.Cell`."""
        (h,) = state
        values = np.concatenate([projected, h], axis=1)
        nan = np.isnan(self.format.decode(values)).any(axis=1, keepdims=True)
        sums, units = self.sums.whole(values), self.units
        z, r, of_input, of_state = (
            sums.part(slice(n * units, (n + 1) * units)) for n in range(4)
        )
        z, r = (self.gate.compute(each.rounded(self.gate.input)) for each in (z, r))
        total = of_input.plus(of_state, r, self.gate.output.fraction)
        g = self.candidate.compute(total.rounded(self.candidate.input))
        before = np.where(nan, 0.0, self.format.decode(self.kept.take(h)))
        before = np.ldexp(before, -self.state_least).astype(np.int64)
        difference = (before << self.state_places) - (g << self.candidate_places)
        exact = (g << self.candidate_places + self.gate.output.fraction) + z * difference
        after = to_odd(exact, self.exact_least)
        return (self.format.encode(np.where(nan, np.nan, after)),)
