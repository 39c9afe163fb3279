"""Weighted sums of the steps, and of the weights."""

from build_decoder.models.layers.attention_sums import AttentionSums
from tests import exact
from tests.drawn import Cases, Drawn, output_near
from tests.layers.attention import draw_scores, exact_powers

EXAMPLES = (
    (AttentionSums(), ((6, 4),)),
    (AttentionSums(), ((1, 3),)),
)


def _draw(rng, x):
    formats, arrays = draw_scores(rng, x)
    formats["output"] = output_near(rng, min(x.magnitude + 2, 6))
    return Drawn((x.shape[1] + 1,), formats=formats, arrays=arrays)


CASES = Cases((2,), _draw)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs
    steps, channels = x.shape
    p = exact_powers(x, weights, formats, generated)

    def value(c):
        total = sum(p[t] * (1 if c == channels else x[t, c]) for t in range(steps))
        return exact.narrow(total, formats["output"])

    return exact.build((channels + 1,), formats["output"], value)
