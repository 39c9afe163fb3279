"""Long short-term memory."""

from build_decoder.models.layers.lstm import Lstm
from tests import exact
from tests.drawn import Cases, recurrent_near

EXAMPLES = (
    (Lstm(3, True), ((6, 4),)),
    (Lstm(2, False), ((5, 3),)),
    (Lstm(2, False, backward=True), ((4, 2),)),
)


def _draw(rng, x):
    roles = "weight recurrent bias accumulator sum output"
    return recurrent_near(rng, x, roles, sums=4, bias_rows=(), more={"cell": 0, "squashed": -1})


CASES = Cases((2,), _draw)


def oracle(inputs, weights, formats, generated, *, units, sequences, backward=False):
    (x,) = inputs
    w = exact.tensor(weights["weights"], formats["weight"])
    u = exact.tensor(weights["recurrent"], formats["recurrent"])
    b = exact.tensor(weights["bias"], formats["bias"])
    sigmoid = exact.activation("sigmoid", formats["sum"], formats["gate"], generated)
    tanh = exact.activation("tanh", formats["sum"], formats["candidate"], generated)
    squash = exact.activation("tanh", formats["cell"], formats["squashed"], generated)
    accumulator = exact.recurrent_accumulator(x, w, u, formats)

    def cell(t, state):
        h, c = state

        def gate(quarter, unit):
            column = quarter * units + unit
            total = exact.input_sum(x, w, t, column) + exact.state_sum(h, u, column)
            return exact.narrow(exact.narrow(total, accumulator) + b[column], formats["sum"])

        new_h, new_c = [], []
        for unit in range(units):
            i, f, o = (sigmoid(gate(quarter, unit)) for quarter in (0, 1, 3))
            g = tanh(gate(2, unit))
            new_c.append(exact.narrow(f * c[unit] + i * g, formats["cell"]))
            new_h.append(exact.narrow(o * squash(new_c[unit]), formats["output"]))
        return new_h, new_c

    return exact.over_time(x, cell, 2, formats["output"], units, sequences, backward)
