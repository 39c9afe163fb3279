"""Amaranth shapes of number formats."""

from amaranth import Shape

from build_decoder.quant.qformat import QFormat

__all__ = ["shape_of"]


def shape_of(format: QFormat) -> Shape:
    """Shape of a raw value in ``format``."""
    return Shape(format.width, format.signed)
