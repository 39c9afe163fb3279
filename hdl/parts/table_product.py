"""Multiplication of a few bits, by truth tables."""

from amaranth import Cat, Shape, Value

from build_decoder.hdl.parts.read_only_table import read_only_table

__all__ = ["fits_table", "table_product"]

_MOST_INPUTS = 7
"""A bit is then one LUT of six inputs or two and a multiplexer. Of products of 2 by 2 to 5 by 2
bits, all are cheaper so; with 8 inputs some are not."""


def fits_table(weight_width: int, x_width: int) -> bool:
    """Whether truth tables take fewer LUTs than rows of adders do."""
    return weight_width + x_width <= _MOST_INPUTS


def table_product(weight: Value, x: Value) -> Value:
    """``weight * x``, exact, each bit a truth table of all bits of both."""
    products = [w * value for w in _values(weight.shape()) for value in _values(x.shape())]
    return read_only_table(products, Cat(x, weight))


def _values(shape: Shape) -> list[int]:
    """Values of all codes, 0 first."""
    values = list(range(1 << shape.width))
    half = len(values) // 2
    return [value - 2 * half * (value >= half) for value in values] if shape.signed else values
