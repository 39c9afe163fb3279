"""Largest value of each window."""

from build_decoder.models.layers.max_pool import MaxPool
from tests import exact
from tests.drawn import Cases, Drawn

EXAMPLES = (
    (MaxPool((2, 2)), ((5, 7, 3),)),
    (MaxPool((5, 1)), ((12, 1, 2),)),
)


def _draw(rng, x):
    *image, channels = x.shape
    size = tuple(map(int, rng.integers(1, 4, size=2, endpoint=True)))
    windows = [-(-length // window) for length, window in zip(image, size, strict=True)]
    return Drawn((*windows, channels), x.format, fields={"size": size})


CASES = Cases((3,), _draw)


def oracle(inputs, weights, formats, generated, *, size):
    (x,) = inputs
    *image, channels = x.shape
    windows = [-(-length // window) for length, window in zip(image, size, strict=True)]
    # Half of what the windows reach beyond the image lies before it, the smaller half.
    before = [
        (count * window - length) // 2
        for length, window, count in zip(image, size, windows, strict=True)
    ]

    def reached(axis, place):
        start = place * size[axis] - before[axis]
        return [i for i in range(start, start + size[axis]) if 0 <= i < image[axis]]

    def value(r, c, k):
        return max(x[i, j, k] for i in reached(0, r) for j in reached(1, c))

    return exact.build((*windows, channels), x.format, value)
