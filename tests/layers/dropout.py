"""Nothing, at inference."""

from build_decoder.models.layers.dropout import Dropout
from tests.drawn import Cases, Drawn

EXAMPLES = (
    (Dropout(0.25), ((5,),)),
    (Dropout(0.5), ((3, 2, 1),)),
)


def _draw(rng, x):
    return Drawn(x.shape, x.format, fields={"rate": 0.5})


CASES = Cases((1, 2, 3), _draw)


def oracle(inputs, weights, formats, generated, *, rate):
    (x,) = inputs
    return x
