"""Radial basis functions."""

from build_decoder.models.layers.rbf import Rbf
from build_decoder.quant.layers.rbf import DECAY
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from tests import exact
from tests.drawn import Cases, Drawn, any_of, magnitude, near

EXAMPLES = (
    (Rbf(3), ((5,),)),
    (Rbf(1), ((1,),)),
)


_SCALE_BITS = 7


def _width(x, weight, values):
    """Bits that scaled squares of distances need at most."""
    integer = max(x.integer, weight.integer) + 1
    return 2 * (integer + max(x.fraction, weight.fraction)) + values.bit_length() + _SCALE_BITS


def _draw(rng, x):
    """Scaled squares of distances are mostly about 1, and rounded where the Gaussian is steep."""
    (values,) = x.shape
    units = int(rng.integers(1, 4, endpoint=True))
    weight = near(rng, x.magnitude)
    if _width(x.format, weight, values) > MAX_WIDTH:
        weight = x.format
    size = max(x.magnitude, magnitude(weight)) + values.bit_length() // 2
    width = int(rng.integers(2, _SCALE_BITS))
    integer = 1 - 2 * size + any_of(rng, [-1, 0, 0, 1])
    signed = bool(rng.random() < 0.1)
    # Where one bit is dropped, some values lie in the middle.
    exact_fraction = 2 * max(x.format.fraction, weight.fraction) + width - integer
    fraction = exact_fraction - 1 if 1 < exact_fraction < 7 else any_of(rng, [1, 2, 3, 4])
    formats = {
        "weight": weight,
        "scale": QFormat(integer + signed, width - integer - signed, signed),
        "sum": QFormat(any_of(rng, [0, 1, 2, 3]), fraction, signed=False),
        "output": QFormat(0, int(rng.integers(3, 10)), signed=False),
    }
    arrays = {"centres": ("weight", (values, units)), "scale": ("scale", (units,))}
    return Drawn((units,), formats=formats, arrays=arrays, fields={"units": units})


CASES = Cases((1,), _draw)


def oracle(inputs, weights, formats, generated, *, units):
    (x,) = inputs
    c = exact.tensor(weights["centres"], formats["weight"])
    s = exact.tensor(weights["scale"], formats["scale"])
    decay = exact.activation(DECAY.name, formats["sum"], formats["output"], generated)

    def value(unit):
        square = sum((x[n] - c[n, unit]) ** 2 for n in range(x.shape[0]))
        return decay(exact.narrow(square * s[unit], formats["sum"]))

    return exact.build((units,), formats["output"], value)
