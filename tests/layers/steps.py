"""Time steps as a series, or as an image of one column."""

from build_decoder.models.layers.steps import Steps
from tests import exact
from tests.drawn import Cases, Drawn

EXAMPLES = (
    (Steps(), ((5, 1, 3),)),
    (Steps(), ((4, 2),)),
)


class _Cases(Cases):
    def shapes(self, rng):
        (shape,) = super().shapes(rng)
        return [(shape[0], 1, shape[2])] if len(shape) == 3 else [shape]

    def takes(self, x):
        return super().takes(x) and (len(x.shape) == 2 or x.shape[1] == 1)


def _draw(rng, x):
    return Drawn(_turned(x.shape), x.format)


def _turned(shape):
    return (shape[0], shape[2]) if len(shape) == 3 else (shape[0], 1, shape[1])


CASES = _Cases((2, 3), _draw)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs

    def value(*index):
        step, *_, channel = index
        return x[(step, channel)] if len(x.shape) == 2 else x[(step, 0, channel)]

    return exact.build(_turned(x.shape), x.format, value)
