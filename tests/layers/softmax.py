"""Shares along the last axis."""

from build_decoder.models.layers.softmax import Softmax
from build_decoder.quant.qformat import QFormat
from tests import exact
from tests.drawn import Cases, Drawn, near

EXAMPLES = (
    (Softmax(), ((4,),)),
    (Softmax(), ((3, 5),)),
)


_WIDEST = 9  # of its input: the table of powers has a code for each difference


class _Cases(Cases):
    def input_format(self, rng, format):
        while True:
            format = near(rng, 2, unsigned=0.4)
            if format.width <= _WIDEST:
                return format

    def takes(self, x):
        return super().takes(x) and x.format.width <= _WIDEST


def _draw(rng, x):
    formats = {name: near(rng, 0, unsigned=0.8) for name in ("power", "output")}
    return Drawn(x.shape, formats=formats)


CASES = _Cases((1, 2, 3), _draw)


def difference_format(format: QFormat) -> QFormat:
    """Holds a value less the greatest one: an integer bit more than the signed range needs."""
    return QFormat(format.integer + (not format.signed) + 1, format.fraction, True)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs
    power = exact.activation("exp", difference_format(x.format), formats["power"], generated)
    y = {}
    for row in exact.indices(x.shape[:-1]):
        values = [x[(*row, k)] for k in range(x.shape[-1])]
        p = [power(value - max(values)) for value in values]
        for k in range(len(p)):
            y[(*row, k)] = exact.narrow(exact.quotient(p[k], sum(p)), formats["output"])
    return exact.Tensor(x.shape, formats["output"], y)
