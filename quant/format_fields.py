"""Formats in JSON files."""

from collections.abc import Mapping
from dataclasses import asdict

from build_decoder.models.files.fields import Fields
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.qformat import MAX_WIDTH, QFormat

__all__ = ["MAX_FRACTION", "format_of_word", "format_told", "format_word", "read_format", "told"]

MAX_FRACTION = 512
"""Most fraction bits, and least as a negative number: values then stay finite in a float64."""

_KEYS = ("integer", "fraction", "signed")
_FLOAT_KEYS = ("exponent", "fraction", "subnormals")
_SIGNED, _FLOATING, _FLUSHED = 1, 2, 4
"""Flags of a format in a word."""


def told(format: NumberFormat) -> dict[str, int | bool]:
    """Fields of a format in JSON."""
    return asdict(format)


def format_told(entries: Mapping) -> NumberFormat:
    """The format that :func:`told` made these fields of, whatever else is among them."""
    kind, keys = (FloatFormat, _FLOAT_KEYS) if "exponent" in entries else (QFormat, _KEYS)
    return kind(*(entries[key] for key in keys))


def format_word(format: NumberFormat) -> tuple[int, int, int]:
    """Width, flags and fraction bits, as hosts are told them: of the flags, bit 0 says that a raw
    value is two's complement, bit 1 that it is floating point, as IEEE 754 lays it out, and bit 2
    that subnormals are zero there."""
    if isinstance(format, FloatFormat):
        return format.width, _FLOATING | (0 if format.subnormals else _FLUSHED), format.fraction
    return format.width, _SIGNED if format.signed else 0, format.fraction


def format_of_word(width: int, flags: int, fraction: int) -> NumberFormat:
    """The format that :func:`format_word` made these of; ValueError if there is none."""
    if flags in (_FLOATING, _FLOATING | _FLUSHED):
        return FloatFormat(width - 1 - fraction, fraction, not flags & _FLUSHED)
    if not 1 <= width <= MAX_WIDTH:
        raise ValueError(f"expected a width of 1 to {MAX_WIDTH} bits, got {width}")
    if flags > _SIGNED:
        raise ValueError(
            f"expected 0 or 1 for a signed one, or {_FLOATING} or {_FLOATING | _FLUSHED} for one "
            f"in floating point, got {flags}"
        )
    if abs(fraction) > MAX_FRACTION:
        raise ValueError(
            f"expected fraction bits of {-MAX_FRACTION} to {MAX_FRACTION}, got {fraction}"
        )
    return QFormat(width - fraction, fraction, bool(flags))


def read_format(fields: Fields, key: str) -> NumberFormat:
    """The field ``key``, an object with ``integer``, ``fraction`` and ``signed``, or, of floating
    point, ``exponent``, ``fraction`` and ``subnormals``.

    Raises
    ------
    InputError
        If it is no format.
    """
    inside = Fields(fields.values.get(key), fields.source, fields.place(key))
    if "exponent" in inside.values:
        inside.only(*_FLOAT_KEYS)
        bits = (inside.integer(name, 1, MAX_WIDTH) for name in _FLOAT_KEYS[:2])
        try:
            return FloatFormat(*bits, inside.flag("subnormals"))
        except ValueError as error:
            raise fields.error(key, "a floating-point format", str(error)) from None
    inside.only(*_KEYS)
    fraction = inside.integer("fraction", -MAX_FRACTION, MAX_FRACTION)
    most = MAX_FRACTION + MAX_WIDTH
    integer = inside.integer("integer", -most, most)
    if not 1 <= integer + fraction <= MAX_WIDTH:
        raise fields.error(
            key,
            f"a width (integer + fraction) of 1 to {MAX_WIDTH} bits",
            f"{integer} + {fraction} = {integer + fraction}",
        )
    return QFormat(integer, fraction, inside.flag("signed"))
