"""Weighted mean of the steps."""

from build_decoder.models.layers.attention import Attention
from tests import exact
from tests.drawn import Cases, Drawn, near, output_near, products_near

EXAMPLES = (
    (Attention(), ((6, 4),)),
    (Attention(), ((1, 3),)),
)


def _draw(rng, x):
    steps, channels = x.shape
    formats = products_near(rng, x, "weight accumulator bias sum")
    formats["power"] = near(rng, 2, unsigned=0.8)
    formats["output"] = output_near(rng, min(x.magnitude, 4))
    arrays = {"weights": ("weight", (channels, 1)), "bias": ("bias", (steps, 1))}
    return Drawn((channels,), formats=formats, arrays=arrays)


CASES = Cases((2,), _draw)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs
    steps, channels = x.shape
    w = exact.tensor(weights["weights"], formats["weight"])
    b = exact.tensor(weights["bias"], formats["bias"])
    products = exact.products_fraction(x, w)
    accumulator = exact.accumulator_format(formats["accumulator"], [products])
    power = exact.activation("exp_tanh", formats["sum"], formats["power"], generated)

    def score(t):
        total = sum(x[t, c] * w[c, 0] for c in range(channels))
        return exact.narrow(exact.narrow(total, accumulator) + b[t, 0], formats["sum"])

    p = [power(score(t)) for t in range(steps)]

    def value(c):
        mean = exact.quotient(sum(p[t] * x[t, c] for t in range(steps)), sum(p))
        return exact.narrow(mean, formats["output"])

    return exact.build((channels,), formats["output"], value)
