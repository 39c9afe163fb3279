"""Mean of each window."""

from build_decoder.models.layers.average_pool import AveragePool
from tests import exact
from tests.drawn import Cases, Drawn, output_near

EXAMPLES = (
    (AveragePool((2, 2)), ((5, 7, 3),)),
    (AveragePool((5, 1)), ((12, 1, 2),)),
)


def _draw(rng, x):
    *image, channels = x.shape
    size = tuple(int(rng.integers(1, min(4, length), endpoint=True)) for length in image)
    windows = [length // window for length, window in zip(image, size, strict=True)]
    output = output_near(rng, min(x.magnitude, 4))
    return Drawn((*windows, channels), formats={"output": output}, fields={"size": size})


CASES = Cases((3,), _draw)


def oracle(inputs, weights, formats, generated, *, size):
    (x,) = inputs
    rows, columns, channels = x.shape
    down, across = size

    def value(r, c, k):
        total = sum(
            x[r * down + i, c * across + j, k] for i in range(down) for j in range(across)
        )
        return exact.narrow(total / (down * across), formats["output"])

    return exact.build((rows // down, columns // across, channels), formats["output"], value)
