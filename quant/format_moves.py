"""Formats a few bits narrower or wider than one."""

from build_decoder.quant.qformat import QFormat

__all__ = ["is_narrower", "narrower_formats", "wider_formats", "with_bits"]

_STRIDE = 3
"""Most bits that a node is narrowed by at once: costs have steps that no single bit gets over."""


def with_bits(
    format: QFormat, *, integer: int | None = None, fraction: int | None = None
) -> QFormat:
    """``format`` with other integer or fraction bits."""
    return QFormat(
        format.integer if integer is None else integer,
        format.fraction if fraction is None else fraction,
        format.signed,
    )


def narrower_formats(format: QFormat) -> list[QFormat]:
    """Formats with up to three fraction bits less, or integer bits less."""
    strides = range(1, min(_STRIDE, format.width - 1) + 1)
    return [with_bits(format, fraction=format.fraction - bits) for bits in strides] + [
        with_bits(format, integer=format.integer - bits) for bits in strides
    ]


def is_narrower(format: QFormat, than: QFormat) -> bool:
    """Whether ``format`` has fewer bits than ``than``, and no more at either end."""
    return (
        format.width < than.width
        and format.integer <= than.integer
        and format.fraction <= than.fraction
    )


def wider_formats(format: QFormat) -> list[QFormat]:
    """Formats with a bit more at either end."""
    return [
        with_bits(format, fraction=format.fraction + 1),
        with_bits(format, integer=format.integer + 1),
    ]
