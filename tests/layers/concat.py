"""Inputs beside each other along the last axis."""

from build_decoder.models.layers.concat import Concat
from tests import exact
from tests.drawn import Cases, Drawn, any_of, any_shape

EXAMPLES = (
    (Concat(), ((3,), (2,), (4,))),
    (Concat(), ((2, 3, 1), (2, 3, 4))),
)


class _Cases(Cases):
    def shapes(self, rng):
        *others, _ = any_shape(rng, any_of(rng, self.ranks))
        count = rng.integers(2, 4, endpoint=True)
        return [(*others, int(rng.integers(1, 4, endpoint=True))) for _ in range(count)]

    def fit(self, x, other):
        return x.shape[:-1] == other.shape[:-1]


def _draw(rng, *inputs):
    shape = (*inputs[0].shape[:-1], sum(x.shape[-1] for x in inputs))
    return Drawn(shape, exact.union([x.format for x in inputs]))


CASES = _Cases((1, 2, 3), _draw, inputs=2)


def oracle(inputs, weights, formats, generated):
    values, before = {}, 0
    for x in inputs:
        for index in exact.indices(x.shape):
            values[(*index[:-1], before + index[-1])] = x[index]
        before += x.shape[-1]
    format = exact.union([x.format for x in inputs])
    return exact.Tensor((*inputs[0].shape[:-1], before), format, values)
