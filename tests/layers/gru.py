"""Gated recurrent unit."""

from build_decoder.models.layers.gru import Gru
from tests import exact
from tests.drawn import Cases, recurrent_near

EXAMPLES = (
    (Gru(3, True), ((6, 4),)),
    (Gru(2, False), ((5, 3),)),
    (Gru(2, True, backward=True), ((4, 2),)),
)


def _draw(rng, x):
    roles = "weight recurrent bias accumulator reset sum output"
    return recurrent_near(rng, x, roles, sums=3, bias_rows=(2,))


CASES = Cases((2,), _draw)


def oracle(inputs, weights, formats, generated, *, units, sequences, backward=False):
    (x,) = inputs
    w = exact.tensor(weights["weights"], formats["weight"])
    u = exact.tensor(weights["recurrent"], formats["recurrent"])
    b = exact.tensor(weights["bias"], formats["bias"])
    sigmoid = exact.activation("sigmoid", formats["sum"], formats["gate"], generated)
    tanh = exact.activation("tanh", formats["sum"], formats["candidate"], generated)
    accumulator = exact.recurrent_accumulator(x, w, u, formats)

    def cell(t, state):
        (h,) = state

        def gate(third, unit):
            column = third * units + unit
            total = exact.input_sum(x, w, t, column) + exact.state_sum(h, u, column)
            biased = exact.narrow(total, accumulator) + b[0, column] + b[1, column]
            return sigmoid(exact.narrow(biased, formats["sum"]))

        new_h = []
        for unit in range(units):
            z, r = gate(0, unit), gate(1, unit)
            column = 2 * units + unit
            q = exact.narrow(exact.state_sum(h, u, column) + b[1, column], formats["reset"])
            p = exact.input_sum(x, w, t, column) + b[0, column] + r * q
            g = tanh(exact.narrow(p, formats["sum"]))
            new_h.append(exact.narrow(g + z * (h[unit] - g), formats["output"]))
        return (new_h,)

    return exact.over_time(x, cell, 1, formats["output"], units, sequences, backward)
