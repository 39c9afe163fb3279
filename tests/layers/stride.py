"""Every so many rows and columns."""

from build_decoder.models.layers.stride import Stride
from tests import exact
from tests.drawn import Cases, Drawn

EXAMPLES = (
    (Stride((2, 3)), ((5, 7, 3),)),
    (Stride((5, 1)), ((12, 1, 2),)),
)


def _draw(rng, x):
    *image, channels = x.shape
    size = tuple(map(int, rng.integers(1, 4, size=2, endpoint=True)))
    left = [-(-length // step) for length, step in zip(image, size, strict=True)]
    return Drawn((*left, channels), x.format, fields={"size": size})


CASES = Cases((3,), _draw)


def oracle(inputs, weights, formats, generated, *, size):
    (x,) = inputs
    rows, columns, channels = x.shape
    shape = (-(-rows // size[0]), -(-columns // size[1]), channels)
    return exact.build(shape, x.format, lambda r, c, k: x[r * size[0], c * size[1], k])
