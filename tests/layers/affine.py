"""A factor and a term for each channel."""

from build_decoder.models.layers.affine import Affine
from tests import exact
from tests.drawn import Cases, Drawn, magnitude, near, output_near, weight_near

EXAMPLES = (
    (Affine(), ((4,),)),
    (Affine(), ((3, 5, 2),)),
)


def _draw(rng, x):
    weight = weight_near(rng, x)
    greatest = min(x.magnitude + magnitude(weight), 4)
    formats = {"weight": weight, "bias": near(rng, greatest)}
    formats["output"] = output_near(rng, greatest)
    arrays = {"scale": ("weight", x.shape[-1:]), "shift": ("bias", x.shape[-1:])}
    return Drawn(x.shape, formats=formats, arrays=arrays)


CASES = Cases((1, 2, 3), _draw)


def oracle(inputs, weights, formats, generated):
    (x,) = inputs
    scale = exact.tensor(weights["scale"], formats["weight"])
    shift = exact.tensor(weights["shift"], formats["bias"])

    def value(*index):
        channel = index[-1]
        return exact.narrow(x[index] * scale[channel] + shift[channel], formats["output"])

    return exact.build(x.shape, formats["output"], value)
