"""All values in one row."""

import math

from build_decoder.models.layers.flatten import Flatten
from tests import exact
from tests.drawn import Cases, Drawn

EXAMPLES = (
    (Flatten(), ((3, 4, 2),)),
    (Flatten(), ((5,),)),
)


def _draw(rng, x):
    return Drawn((math.prod(x.shape),), x.format)


CASES = Cases((1, 2, 3), _draw)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs
    values = x.row()
    return exact.build((len(values),), x.format, lambda i: values[i])
