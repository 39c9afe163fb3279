"""Number formats as Amaranth has them: shapes, and what to compare values by."""

from amaranth import Cat, Mux, Shape, Value

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.number_format import NumberFormat

__all__ = ["ordered", "ranked", "shape_of"]


def shape_of(format: NumberFormat) -> Shape:
    """Shape of a raw value in ``format``."""
    return Shape(format.width, format.signed)


def ordered(value: Value, format: NumberFormat) -> Value:
    """What compares as the values of raw ``value`` do: combinational, as
    :meth:`quant.number_format.NumberFormat.order`."""
    if not isinstance(format, FloatFormat):
        return value
    size = value[:-1]
    if not format.subnormals:
        size = Mux(size < format.least_normal, 0, size)
    return Mux(value[-1], -size, size)


def ranked(value: Value, format: NumberFormat) -> Value:
    """What compares as :meth:`quant.floating.float_format.FloatFormat.ranks` of ``value`` do, and
    in fixed point as the values themselves: combinational, without carries."""
    if not isinstance(format, FloatFormat):
        return value
    return Cat(value[:-1] ^ value[-1].replicate(format.width - 1), value[-1]).as_signed()
