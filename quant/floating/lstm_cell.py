"""A time step of a long short-term memory in floating point."""

import math
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
from build_decoder.quant.limiting import limit

__all__ = ["FloatLstmCell", "cell_range", "output_range"]


@dataclass(frozen=True, eq=False)
class FloatLstmCell(FloatCell):
    """Inputs, weights, states and outputs are codes of one format; gates are raw results of forms,
    exact numbers of a few bits. ``u`` is one of four quarters i, f, g, o of the units::

        sum      = sum(x[n] * weights[n, u]) + sum(h[m] * recurrent[m, u]) + biases[u]
        i, f, o  = gate(round_half_up(sum)), each of its quarter
        g        = candidate(round_half_up(sum))
        exact    = f * cell + i * g
        cell'    = round(exact)
        h'       = round(o * squash(round_half_up(exact)))

    Sums and products are exact, and ``round`` is to the nearest, ties even: a state is rounded
    once. ``x`` and ``h`` are taken from one range, and ``cell`` from a range of its own; what is
    beyond is limited as of a :class:`quant.floating.input_range.InputRange`. NaN among ``x`` or
    ``h`` makes all states NaN.

    Parameters
    ----------
    format
        Of all codes.
    greatest, least
        Code of the greatest ``x`` and ``h`` that are taken, and exponent of their last bit.
    cell_greatest, cell_least
        The same of ``cell``.
    weights, recurrent, biases
        Int64 codes, all finite: (channels, 4 * units), (units, 4 * units) and (4 * units,).
    gate, candidate, squash
        Forms; the first two take sums of as many fraction bits.
    """

    format: FloatFormat
    greatest: int
    least: int
    cell_greatest: int
    cell_least: int
    weights: np.ndarray
    recurrent: np.ndarray
    biases: np.ndarray
    gate: IntegerActivation
    candidate: IntegerActivation
    squash: IntegerActivation

    @property
    def cell(self) -> FloatFormat:
        """Format of the state that is kept."""
        return self.format

    @cached_property
    def kept(self) -> InputRange:
        """Cells that are taken as they are."""
        greatest = float(self.format.decode(self.cell_greatest))
        return InputRange(self.format, greatest, self.cell_least)

    @cached_property
    def sums(self) -> ExactSums:
        """Exact sums of a step, biases in them, and what rounds them half up in front of forms."""
        both = np.concatenate([self.weights, self.recurrent])
        half = -self.gate.input.fraction - 1
        return ExactSums(self.range, both, self.format, self.format, self.biases, half)

    @property
    def unit(self) -> int:
        """Exponent of the last bit of what gates multiply: of cells, and of candidates."""
        return min(self.cell_least, -self.candidate.output.fraction)

    @property
    def cell_places(self) -> int:
        """Zero bits behind a cell in that unit."""
        return self.cell_least - self.unit

    @property
    def candidate_places(self) -> int:
        """Zero bits behind a candidate in that unit."""
        return -self.candidate.output.fraction - self.unit

    @property
    def exact_least(self) -> int:
        """Exponent of the last bit of the exact sum of what is kept and what is added."""
        return self.unit - self.gate.output.fraction

    @cached_property
    def exact_bound(self) -> int:
        """Greatest size of that sum, in units of its last bit."""
        kept = self.kept.steps << self.cell_places
        added = greatest_size(self.candidate) << self.candidate_places
        return greatest_size(self.gate) * (kept + added)

    @property
    def output_least(self) -> int:
        """Exponent of the last bit of a product that is an output."""
        return -self.gate.output.fraction - self.squash.output.fraction

    @property
    def output_bound(self) -> int:
        """Greatest size of such a product, in units of its last bit."""
        return greatest_size(self.gate) * greatest_size(self.squash)

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match, weights or ranges are not finite, or the sum
        of a cell's products is wider than 62 bits."""
        sums = 4 * self.units
        got = self.weights.shape[1:], self.recurrent.shape[1:], self.biases.shape
        if got != ((sums,),) * 3:
            raise ValueError(
                f"expected {sums} sums of {self.units} units in weights, recurrent and biases, "
                f"got {', '.join(map(str, got))}"
            )
        if self.candidate.input.fraction != self.gate.input.fraction:
            raise ValueError(
                f"expected gate and candidate to take sums of as many fraction bits, got "
                f"{self.gate.input} and {self.candidate.input}"
            )
        if self.exact_bound.bit_length() > MOST_BITS:
            raise ValueError(
                f"expected sums of a cell's products of at most {MOST_BITS} bits, got "
                f"{self.exact_bound.bit_length()}"
            )
        # Made at once, so that what does not fit is told here.
        _ = self.sums.total

    def start(self, samples: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes of the states before the first step: zeros."""
        return tuple(np.zeros((samples, self.units), np.int64) for _ in range(2))

    def compute(self, projected: np.ndarray, state: tuple[np.ndarray, np.ndarray]):
        """Codes of output and cell after a step, of its inputs' codes (samples, channels):
        :class:`quant.operations.recurrence.Cell`."""
        h, cell = state
        sums = self.sums.values(np.concatenate([projected, h], axis=1))
        # All sums of a step take the same values: all are NaN, or none is.
        nan = np.isnan(sums[:, :1])
        sums = np.where(nan, 0.0, sums)
        i, f, g, o = np.split(sums, 4, axis=1)
        i, f, o = (_formed(self.gate, each) for each in (i, f, o))
        g = _formed(self.candidate, g)
        kept = self.format.decode(self.kept.take(cell))
        kept = np.ldexp(np.where(nan, 0.0, kept), -self.cell_least).astype(np.int64)
        exact = f * (kept << self.cell_places) + i * (g << self.candidate_places)
        squashed = self.squash.compute(self._squashed_input(exact))
        h = to_odd(o * squashed, self.output_least)
        return (
            self.format.encode(np.where(nan, np.nan, h)),
            self.format.encode(np.where(nan, np.nan, to_odd(exact, self.exact_least))),
        )

    @property
    def dropped(self) -> int:
        """Bits of the exact sum of a cell's products that are below the last one that is squashed;
        below zero, as many zeros behind it."""
        return -self.squash.input.fraction - self.exact_least

    def _squashed_input(self, exact: np.ndarray) -> np.ndarray:
        """The exact sum of a cell's products, rounded half up and limited."""
        dropped = self.dropped
        if dropped > 0:
            exact = (exact + (1 << dropped - 1)) >> dropped
        else:
            # What would not fit is limited before.
            most = self.squash.input.max_raw + 1
            exact = np.clip(exact, -most, most) << -dropped
        return limit(exact, self.squash.input)


def _formed(form: IntegerActivation, sums: np.ndarray) -> np.ndarray:
    """Raw results of sums to which half a step of the form's input was added."""
    steps = np.floor(np.ldexp(sums, form.input.fraction))
    return form.compute(limit(steps, form.input).astype(np.int64))


def output_range(
    format: FloatFormat, gate: IntegerActivation, squash: IntegerActivation
) -> tuple[int, int]:
    """The code of the greatest output, and the exponent of the last bit that any has: of products
    of what two forms give."""
    fraction = gate.output.fraction + squash.output.fraction
    greatest = math.ldexp(greatest_size(gate) * greatest_size(squash), -fraction)
    return int(format.encode(greatest)), max(-fraction, format.least_exponent)


def cell_range(
    format: FloatFormat, steps: int, gate: IntegerActivation, candidate: IntegerActivation
) -> tuple[int, int]:
    """The code of a size that no cell exceeds in so many steps, or that of the greatest number; and
    the exponent of the last bit that is taken, which is that of what a step adds."""
    fraction = gate.output.fraction + candidate.output.fraction
    most_kept = math.ldexp(greatest_size(gate), -gate.output.fraction)
    most_added = math.ldexp(greatest_size(gate) * greatest_size(candidate), -fraction)
    code = 0
    for _ in range(steps):
        # Rounded up before it is rounded to the format, so that it is never less than a cell.
        exact = float(format.decode(code)) * most_kept + most_added
        after = min(int(format.encode(math.nextafter(exact, math.inf))), format.infinity - 1)
        if after == code:
            break
        code = after
    return code, max(-fraction, format.least_exponent)
