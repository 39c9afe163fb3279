"""Values of a format that was given."""

from math import floor

from build_decoder.models.layers.fixed_point import ROUNDINGS, FixedPoint
from tests import exact
from tests.drawn import Cases, Drawn, output_near

EXAMPLES = (
    (FixedPoint(2, 3, True, "half_even"), ((5,),)),
    (FixedPoint(1, 2, False, "floor"), ((2, 3),)),
    (FixedPoint(3, 0, True, "half_up"), ((2, 3, 4),)),
)


def _draw(rng, x):
    format = output_near(rng, min(x.magnitude, 4))
    fields = {
        "integer": format.integer,
        "fraction": format.fraction,
        "signed": format.signed,
        "rounding": str(rng.choice(sorted(ROUNDINGS))),
    }
    return Drawn(x.shape, format, fields=fields)


CASES = Cases((1, 2, 3), _draw)


def oracle(inputs, weights, formats, generated, *, integer, fraction, signed, rounding):
    (x,) = inputs
    format = exact.QFormat(integer, fraction, signed)
    low, high = exact.limits(format)

    def value(*index):
        steps = x[index] / exact.step(format)
        code = {
            "floor": floor,
            "half_even": round,  # of a fraction: to the even one
            "half_up": lambda number: floor(number + exact.Fraction(1, 2)),
        }[rounding](steps)
        return max(low, min(code, high)) * exact.step(format)

    return exact.build(x.shape, format, value)
