"""Mean of each channel."""

from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from tests import exact
from tests.drawn import Cases, Drawn, output_near

EXAMPLES = (
    (GlobalAveragePool(), ((3, 4, 2),)),
)


def _draw(rng, x):
    output = output_near(rng, min(x.magnitude, 4))
    return Drawn(x.shape[-1:], formats={"output": output})


CASES = Cases((3,), _draw)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs
    rows, columns, channels = x.shape

    def value(k):
        total = sum(x[r, c, k] for r in range(rows) for c in range(columns))
        return exact.narrow(total / (rows * columns), formats["output"])

    return exact.build((channels,), formats["output"], value)
