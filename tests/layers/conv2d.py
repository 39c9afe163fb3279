"""Convolution with ``same`` padding."""

from fractions import Fraction

from build_decoder.models.layers.conv2d import Conv2d
from tests import exact
from tests.drawn import Cases, Drawn, any_activation, products_near

EXAMPLES = (
    (Conv2d(3, (4, 3), "relu"), ((5, 7, 2),)),
    (Conv2d(2, (3, 1), "tanh"), ((6, 1, 4),)),
    (Conv2d(2, (8, 8), "linear"), ((3, 4, 1),)),
)


def _draw(rng, x):
    *image, channels = x.shape
    filters, *kernel = map(int, rng.integers(1, 4, size=3, endpoint=True))
    formats = products_near(rng, x, "weight accumulator bias sum output")
    arrays = {
        "weights": ("weight", (*kernel, channels, filters)),
        "bias": ("bias", (filters,)),
    }
    fields = {"filters": filters, "kernel": tuple(kernel), "activation": any_activation(rng)}
    return Drawn((*image, filters), formats=formats, arrays=arrays, fields=fields)


CASES = Cases((3,), _draw)


def oracle(inputs, weights, formats, generated, *, filters, kernel, activation):
    (x,) = inputs
    rows, columns, channels = x.shape
    above, left = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
    w = exact.tensor(weights["weights"], formats["weight"])
    finish = exact.finisher(x, w, weights, formats, generated, activation)

    def value(r, c, f):
        total = Fraction(0)
        for i, j in exact.indices(kernel):
            row, column = r + i - above, c + j - left
            if 0 <= row < rows and 0 <= column < columns:
                total += sum(x[row, column, k] * w[i, j, k, f] for k in range(channels))
        return finish(total, f)

    return exact.build((rows, columns, filters), formats["output"], value)
