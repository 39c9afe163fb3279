"""Index of the largest value."""

from build_decoder.models.layers.decision import Decision
from build_decoder.quant.qformat import QFormat
from tests import exact
from tests.drawn import Cases, Drawn

EXAMPLES = (
    (Decision(3), ((3,),)),
    (Decision(2), ((2,),)),
)


class _Cases(Cases):
    def shapes(self, rng):
        return [(int(rng.integers(2, 6, endpoint=True)),)]

    def takes(self, x):
        return super().takes(x) and x.shape[0] > 1


def _draw(rng, x):
    (classes,) = x.shape
    return Drawn((1,), index_format(classes), fields={"classes": classes})


CASES = _Cases((1,), _draw)


def index_format(classes: int) -> QFormat:
    """The least that holds 0 to ``classes - 1``."""
    return QFormat(next(bits for bits in range(64) if classes <= 2**bits), 0, signed=False)


def oracle(inputs, weights, formats, generated, classes):
    (x,) = inputs
    values = x.row()
    largest = next(n for n in range(classes) if all(values[n] >= value for value in values))
    return exact.build((1,), index_format(classes), lambda i: largest)
