"""Time steps as a series, or as an image."""

import math

from build_decoder.models.layers.steps import Steps
from tests import exact
from tests.drawn import Cases, Drawn

EXAMPLES = (
    (Steps(), ((5, 1, 3),)),
    (Steps(), ((5, 4, 3),)),
    (Steps(), ((4, 2),)),
)


def _draw(rng, x):
    return Drawn(_turned(x.shape), x.format)


def _turned(shape):
    steps, *rest = shape
    return (steps, math.prod(rest)) if len(rest) == 2 else (steps, 1, *rest)


CASES = Cases((2, 3), _draw)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs

    def value(*index):
        step, *_, channel = index
        return x[(step, channel)] if len(x.shape) == 2 else x[(step, *divmod(channel, x.shape[2]))]

    return exact.build(_turned(x.shape), x.format, value)
