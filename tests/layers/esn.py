"""Echo state network."""

from dataclasses import replace
from fractions import Fraction

from build_decoder.models.layers.esn import Esn
from tests import exact
from tests.drawn import Cases, recurrent_near

EXAMPLES = (
    (Esn(3, True, leak_bits=2), ((6, 4),)),
    (Esn(2, False), ((5, 3),)),
    (Esn(2, True, backward=True, leak_bits=1), ((4, 2),)),
)


def _draw(rng, x):
    roles = "weight recurrent bias accumulator sum output"
    drawn = recurrent_near(rng, x, roles, sums=1, bias_rows=())
    formats = {name: format for name, format in drawn.formats.items() if name != "gate"}
    fields = {**drawn.fields, "leak_bits": int(rng.integers(3))}
    return replace(drawn, formats=formats, fields=fields)


CASES = Cases((2,), _draw)


def oracle(
    inputs, weights, formats, generated, *, units, sequences, backward=False, leak_bits=0
):
    (x,) = inputs
    w = exact.tensor(weights["weights"], formats["weight"])
    u = exact.tensor(weights["recurrent"], formats["recurrent"])
    b = exact.tensor(weights["bias"], formats["bias"])
    tanh = exact.activation("tanh", formats["sum"], formats["candidate"], generated)
    accumulator = exact.recurrent_accumulator(x, w, u, formats)
    leak = Fraction(1, 2**leak_bits)

    def cell(t, state):
        (h,) = state
        new_h = []
        for unit in range(units):
            total = exact.input_sum(x, w, t, unit) + exact.state_sum(h, u, unit)
            biased = exact.narrow(total, accumulator) + b[unit]
            g = tanh(exact.narrow(biased, formats["sum"]))
            new_h.append(exact.narrow(h[unit] + (g - h[unit]) * leak, formats["output"]))
        return (new_h,)

    return exact.over_time(x, cell, 1, formats["output"], units, sequences, backward)
