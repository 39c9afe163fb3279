"""Products with weights, bias and activation."""

from build_decoder.models.layers.dense import Dense
from tests import exact
from tests.drawn import Cases, Drawn, any_activation, products_near

EXAMPLES = (
    (Dense(3, "sigmoid"), ((5,),)),
    (Dense(1, "linear"), ((1,),)),
)


def _draw(rng, x):
    units = int(rng.integers(1, 4, endpoint=True))
    formats = products_near(rng, x, "weight accumulator bias sum output")
    arrays = {"weights": ("weight", (*x.shape, units)), "bias": ("bias", (units,))}
    fields = {"units": units, "activation": any_activation(rng)}
    return Drawn((units,), formats=formats, arrays=arrays, fields=fields)


CASES = Cases((1,), _draw)


def oracle(inputs, weights, formats, generated, *, units, activation):
    (x,) = inputs
    w = exact.tensor(weights["weights"], formats["weight"])
    finish = exact.finisher(x, w, weights, formats, generated, activation)

    def value(u):
        return finish(sum(x[i] * w[i, u] for i in range(x.shape[0])), u)

    return exact.build((units,), formats["output"], value)
