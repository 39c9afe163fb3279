"""Multiplication of a few bits, by truth tables."""

from amaranth import Cat, Shape, Value

from build_decoder.hdl.parts.read_only_table import read_only_table

__all__ = ["table_product"]


def table_product(weight: Value, x: Value) -> Value:
    """``weight * x``, exact, each bit a truth table of all bits of both."""
    products = [w * value for w in _values(weight.shape()) for value in _values(x.shape())]
    return read_only_table(products, Cat(x, weight))


def _values(shape: Shape) -> list[int]:
    """Values of all codes, 0 first."""
    values = list(range(1 << shape.width))
    half = len(values) // 2
    return [value - 2 * half * (value >= half) for value in values] if shape.signed else values
