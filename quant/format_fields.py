"""Formats in JSON files."""

from build_decoder.models.files.fields import Fields
from build_decoder.quant.qformat import MAX_WIDTH, QFormat

__all__ = ["MAX_FRACTION", "read_format"]

MAX_FRACTION = 512
"""Most fraction bits, and least as a negative number: values then stay finite in a float64."""

_KEYS = ("integer", "fraction", "signed")


def read_format(fields: Fields, key: str) -> QFormat:
    """The field ``key``, an object with ``integer``, ``fraction`` and ``signed``.

    Raises
    ------
    InputError
        If it is no format.
    """
    inside = Fields(fields.values.get(key), fields.source, fields.place(key))
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
