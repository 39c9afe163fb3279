"""Weighted mean of the steps."""

from build_decoder.models.layers.attention import Attention
from tests import exact
from tests.drawn import Cases, Drawn, near, output_near, products_near

EXAMPLES = (
    (Attention(), ((6, 4),)),
    (Attention(), ((1, 3),)),
)


def draw_scores(rng, x):
    """Formats of all roles but the output, and arrays."""
    steps, channels = x.shape
    formats = products_near(rng, x, "weight accumulator bias sum")
    formats["power"] = near(rng, 2, unsigned=0.8)
    arrays = {"weights": ("weight", (channels, 1)), "bias": ("bias", (steps, 1))}
    return formats, arrays


def _draw(rng, x):
    formats, arrays = draw_scores(rng, x)
    formats["output"] = output_near(rng, min(x.magnitude, 4))
    return Drawn((x.shape[1],), formats=formats, arrays=arrays)


CASES = Cases((2,), _draw)


def exact_powers(x, weights, formats, generated):
    """Power of each step."""
    steps, channels = x.shape
    w = exact.tensor(weights["weights"], formats["weight"])
    b = exact.tensor(weights["bias"], formats["bias"])
    products = exact.products_fraction(x, w)
    accumulator = exact.accumulator_format(formats["accumulator"], [products])
    power = exact.activation("exp_tanh", formats["sum"], formats["power"], generated)

    def score(t):
        total = sum(x[t, c] * w[c, 0] for c in range(channels))
        return exact.narrow(exact.narrow(total, accumulator) + b[t, 0], formats["sum"])

    return [power(score(t)) for t in range(steps)]


def oracle(inputs, weights, formats, generated):
    (x,) = inputs
    steps, channels = x.shape
    p = exact_powers(x, weights, formats, generated)

    def value(c):
        mean = exact.quotient(sum(p[t] * x[t, c] for t in range(steps)), sum(p))
        return exact.narrow(mean, formats["output"])

    return exact.build((channels,), formats["output"], value)
