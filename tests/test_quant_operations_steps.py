"""Recurrent cells, attention and softmax against exact fractions, one value at a time."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.attention import POWER
from build_decoder.quant.operations.attend import Attend
from build_decoder.quant.operations.biased_sum import effective_accumulator
from build_decoder.quant.operations.gru_cell import GruCell
from build_decoder.quant.operations.lstm_cell import LstmCell
from build_decoder.quant.operations.normalise import Normalise, difference_format
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.recurrence import Recurrence
from build_decoder.quant.qformat import QFormat
from tests.fractions_of import any_format, any_raw, applied, narrowed, value


@pytest.fixture
def random():
    return np.random.default_rng(12)


def any_array(random, shape, *, most: int = 6) -> RawArray:
    format = any_format(random, most=most, signed=True)
    return RawArray(format, any_raw(random, format, shape))


def dot(a, a_format: QFormat, array: RawArray, column: int) -> Fraction:
    return sum(
        (
            value(x, a_format) * value(w, array.format)
            for x, w in zip(a, array.raw[:, column], strict=True)
        ),
        Fraction(0),
    )


def any_lstm(random) -> LstmCell:
    inputs, units = random.integers(1, 4, 2)
    input, output = any_format(random), any_format(random)
    sum, cell = (any_format(random, signed=True) for _ in range(2))
    weights = any_array(random, (inputs, 4 * units))
    recurrent = any_array(random, (units, 4 * units))
    fraction = max(
        input.fraction + weights.format.fraction, output.fraction + recurrent.format.fraction
    )
    return LstmCell(
        input=input,
        weights=weights,
        recurrent=recurrent,
        biases=any_array(random, 4 * units),
        accumulator=effective_accumulator(any_format(random, most=12, signed=True), fraction),
        gate=integer_activation("sigmoid", sum, any_format(random)),
        candidate=integer_activation("tanh", sum, any_format(random)),
        squash=integer_activation("tanh", cell, any_format(random)),
        output=output,
    )


def lstm_step(cell: LstmCell, x, h, c) -> tuple[list[int], list[int]]:
    """The formula of `LstmCell`, in fractions."""
    def summed(unit: int) -> int:
        exact = dot(x, cell.input, cell.weights, unit) + dot(h, cell.output, cell.recurrent, unit)
        held = value(narrowed(exact, cell.accumulator), cell.accumulator)
        return narrowed(held + value(cell.biases.raw[unit], cell.biases.format), cell.gate.input)

    new_h, new_c = [], []
    for unit in range(cell.units):
        sums = [summed(unit + quarter * cell.units) for quarter in range(4)]
        i, f, o = (value(applied(cell.gate, sums[n]), cell.gate.output) for n in (0, 1, 3))
        g = value(applied(cell.candidate, sums[2]), cell.candidate.output)
        new_c.append(narrowed(f * value(c[unit], cell.cell) + i * g, cell.cell))
        squashed = value(applied(cell.squash, new_c[-1]), cell.squash.output)
        new_h.append(narrowed(o * squashed, cell.output))
    return new_h, new_c


def test_lstm_steps_follow_their_definition(random):
    for _ in range(150):
        cell = any_lstm(random)
        cell.check()
        x = any_raw(random, cell.input, (4, len(cell.weights.raw)))
        h, c = (any_raw(random, f, (4, cell.units)) for f in (cell.output, cell.cell))
        got = cell.compute(cell.products.compute(x), (h, c))
        expected = [lstm_step(cell, *rows) for rows in zip(x, h, c, strict=True)]
        for state, wanted in zip(got, zip(*expected, strict=True), strict=True):
            np.testing.assert_array_equal(state, wanted)


def any_gru(random) -> GruCell:
    inputs, units = random.integers(1, 4, 2)
    input, output, sum = any_format(random), any_format(random), any_format(random, signed=True)
    weights = any_array(random, (inputs, 3 * units))
    recurrent = any_array(random, (units, 3 * units))
    fraction = max(
        input.fraction + weights.format.fraction, output.fraction + recurrent.format.fraction
    )
    return GruCell(
        input=input,
        weights=weights,
        recurrent=recurrent,
        biases=any_array(random, (2, 3 * units)),
        accumulator=effective_accumulator(any_format(random, most=12, signed=True), fraction),
        reset=any_format(random, signed=True),
        gate=integer_activation("sigmoid", sum, any_format(random)),
        candidate=integer_activation("tanh", sum, any_format(random)),
        output=output,
    )


def gru_step(cell: GruCell, x, h) -> list[int]:
    """The formula of `GruCell`, in fractions."""
    def bias(row: int, unit: int) -> Fraction:
        return value(cell.biases.raw[row, unit], cell.biases.format)

    def gate(unit: int) -> Fraction:
        exact = dot(x, cell.input, cell.weights, unit) + dot(h, cell.output, cell.recurrent, unit)
        held = value(narrowed(exact, cell.accumulator), cell.accumulator)
        sum = narrowed(held + bias(0, unit) + bias(1, unit), cell.sum)
        return value(applied(cell.gate, sum), cell.gate.output)

    new = []
    for unit in range(cell.units):
        z, r = gate(unit), gate(unit + cell.units)
        place = unit + 2 * cell.units
        q = narrowed(dot(h, cell.output, cell.recurrent, place) + bias(1, place), cell.reset)
        exact = dot(x, cell.input, cell.weights, place) + bias(0, place) + r * value(q, cell.reset)
        g = value(applied(cell.candidate, narrowed(exact, cell.sum)), cell.candidate.output)
        new.append(narrowed(g + z * (value(h[unit], cell.output) - g), cell.output))
    return new


def test_gru_steps_follow_their_definition(random):
    for _ in range(150):
        cell = any_gru(random)
        cell.check()
        x = any_raw(random, cell.input, (4, len(cell.weights.raw)))
        h = any_raw(random, cell.output, (4, cell.units))
        (got,) = cell.compute(cell.products.compute(x), (h,))
        np.testing.assert_array_equal(got, [gru_step(cell, *r) for r in zip(x, h, strict=True)])


def test_exact_widths_of_cells_hold_their_extremes_and_no_more():
    sum = QFormat(4, 4)
    cell = replace(
        any_lstm(np.random.default_rng(0)),
        gate=integer_activation("sigmoid", sum, QFormat(1, 3, False)),
        candidate=integer_activation("tanh", sum, QFormat(1, 4)),
        squash=integer_activation("tanh", QFormat(3, 2), QFormat(1, 4)),
    )
    span = cell.cell_narrowing.source
    # Gates to 15 / 8, cells of -16 / 4 to 15 / 4, candidates of -1 to 15 / 16.
    assert (span.fraction, span.low, span.high) == (7, -15 * 16 * 4 - 15 * 16, 15 * 15 * 5)
    assert cell.output_narrowing.source.low == -15 * 16


@pytest.mark.parametrize("make", [any_lstm, any_gru])
def test_cells_over_time(random, make):
    """Sequences and last outputs, forwards and backwards, from steps taken one by one."""
    for _ in range(10):
        cell = make(random)
        x = any_raw(random, cell.input, (3, 5, len(cell.weights.raw)))
        projected = cell.products.compute(x)
        for backward in (False, True):
            state, outputs = cell.start(3), [None] * 5
            for step in (4, 3, 2, 1, 0) if backward else range(5):
                state = cell.compute(cell.products.compute(x[:, step]), state)
                outputs[step] = state[0]
            got = Recurrence(cell, True, backward).compute(projected)
            np.testing.assert_array_equal(got, np.stack(outputs, axis=1))
            got = Recurrence(cell, False, backward).compute(projected)
            np.testing.assert_array_equal(got, outputs[0 if backward else 4])


def test_cells_of_the_wrong_shape_or_width_are_rejected(random):
    for cell, sums in ((any_lstm(random), "4 quarters"), (any_gru(random), "3 thirds")):
        wrong = RawArray(cell.weights.format, cell.weights.raw[:, 1:])
        with pytest.raises(ValueError, match=rf"^expected {int(sums[0]) * cell.units} sums of"):
            replace(cell, weights=wrong).check()
        other = integer_activation("tanh", QFormat(9, -2), QFormat(1, 4))
        with pytest.raises(ValueError, match=r"^expected gate and candidate to take the same sums"):
            replace(cell, candidate=other).check()
        wide = RawArray(QFormat(24, 20), cell.weights.raw)
        finer = replace(cell, weights=wide, accumulator=QFormat(4, 4), input=QFormat(20, 10))
        with pytest.raises(ValueError, match=r"expected .* of at most 48 bits, got \d+$"):
            replace(finer, weights=RawArray(wide.format, wide.raw * 0 + 2**43 - 1)).check()


def test_attention_follows_its_definition(random):
    for _ in range(150):
        steps, channels = (int(n) for n in random.integers(1, 6, 2))
        input, output = any_format(random), any_format(random)
        weights, biases = any_array(random, (channels, 1)), any_array(random, (steps, 1))
        fraction = input.fraction + weights.format.fraction
        accumulator = any_format(random, most=12, signed=True)
        attend = Attend(
            input=input,
            weights=weights,
            biases=biases,
            accumulator=effective_accumulator(accumulator, fraction),
            power=integer_activation(
                POWER, any_format(random, signed=True), any_format(random, signed=False)
            ),
            output=output,
        )
        attend.check()
        x = any_raw(random, input, (3, steps, channels))
        expected = []
        for sample in x:
            powers = []
            for t, row in enumerate(sample):
                held = narrowed(dot(row, input, weights, 0), attend.accumulator)
                exact = value(held, attend.accumulator) + value(biases.raw[t, 0], biases.format)
                powers.append(applied(attend.power, narrowed(exact, attend.power.input)))
            expected.append(
                [
                    narrowed(
                        Fraction(sum(p * int(r) for p, r in zip(powers, column, strict=True)))
                        / (sum(powers) or 1) * value(1, input),
                        output,
                    )
                    for column in sample.T
                ]
            )
        np.testing.assert_array_equal(attend.compute(x.astype(np.float32)), expected)


def test_attention_without_any_weight_is_zero():
    format = QFormat(2, 0, False)
    # All powers round to zero in whole numbers of 8.
    power = integer_activation(POWER, QFormat(4, 0), QFormat(6, -3, False))
    ones = RawArray(QFormat(2, 0), np.ones((2, 1), dtype=np.int64))
    attend = Attend(format, ones, ones, QFormat(6, 0), power, QFormat(4, 4))
    np.testing.assert_array_equal(attend.compute(np.full((1, 2, 2), 3)), [[0, 0]])


def test_softmax_follows_its_definition(random):
    for _ in range(150):
        input, output = any_format(random, most=7), any_format(random, signed=False)
        count = int(random.integers(1, 6))
        power = integer_activation(
            "exp", difference_format(input), any_format(random, signed=False)
        )
        normalise = Normalise(input, count, power, output)
        normalise.check()
        x = any_raw(random, input, (4, 2, count))
        expected = []
        for row in x.reshape(-1, count):
            powers = [applied(power, int(r) - int(row.max())) for r in row]
            total = sum(powers) or 1
            expected.append([narrowed(Fraction(p, total), output) for p in powers])
        got = normalise.compute(x.astype(np.float32))
        np.testing.assert_array_equal(got.reshape(-1, count), expected)


@pytest.mark.parametrize("signed", [False, True])
def test_differences_reach_as_far_as_their_format_needs(signed):
    input = QFormat(5, 2, signed)
    format = difference_format(input)
    assert format == QFormat(6 if signed else 7, 2)
    assert format.min_raw <= input.min_raw - input.max_raw
