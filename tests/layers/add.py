"""Sum of two or more branches."""

from build_decoder.models.layers.add import Add
from tests import exact
from tests.drawn import Cases, Drawn, output_near

EXAMPLES = (
    (Add(), ((5,), (5,))),
    (Add(), ((2, 3), (2, 3), (2, 3))),
    (Add(), ((2, 3, 4), (2, 3, 4))),
)


class _Cases(Cases):
    def shapes(self, rng):
        shape, *_ = super().shapes(rng)
        return [shape] * int(rng.integers(2, 4, endpoint=True))


def _draw(rng, *inputs):
    magnitude = max(x.magnitude for x in inputs)
    return Drawn(inputs[0].shape, formats={"output": output_near(rng, min(magnitude, 4))})


CASES = _Cases((1, 2, 3), _draw, inputs=2)


def oracle(inputs, weights, formats, generated):
    def value(*index):
        return exact.narrow(sum(x[index] for x in inputs), formats["output"])

    return exact.build(inputs[0].shape, formats["output"], value)
