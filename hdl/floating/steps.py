"""Exact numbers as a form takes them."""

from amaranth import Value

from build_decoder.hdl.parts.requantise import saturated
from build_decoder.quant.qformat import QFormat

__all__ = ["cut_steps", "rounded_steps"]


def rounded_steps(value: Value, least: int, format: QFormat) -> Value:
    """``value``, in units of ``2**least``, rounded half up and limited to ``format``."""
    dropped = -format.fraction - least
    half = 1 << dropped - 1 if dropped > 0 else 0
    return cut_steps(value + half, least, format)


def cut_steps(value: Value, least: int, format: QFormat) -> Value:
    """``value``, in units of ``2**least``, rounded down and limited to ``format``."""
    dropped = -format.fraction - least
    return saturated(value >> dropped if dropped >= 0 else value.shift_left(-dropped), format)
