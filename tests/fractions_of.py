"""Fixed-point values as exact fractions: the reference of operations on raw integers."""

from fractions import Fraction
from math import floor

import numpy as np

from build_decoder.quant.qformat import QFormat


def value(raw: int, format: QFormat) -> Fraction:
    """What a raw integer stands for."""
    return int(raw) * Fraction(2) ** -format.fraction


def narrowed(exact: Fraction, format: QFormat) -> int:
    """Raw integer of an exact value: rounded half up, then saturated."""
    raw = floor(exact * Fraction(2) ** format.fraction + Fraction(1, 2))
    return min(max(raw, format.min_raw), format.max_raw)


def applied(activation, raw: int) -> int:
    """Raw result of an integer activation on one code."""
    return int(activation.compute(np.array([raw], dtype=np.int64))[0])


def any_format(random: np.random.Generator, *, most: int = 8, signed: bool | None = None):
    """A small format, its point anywhere near."""
    width = int(random.integers(2, most + 1))
    fraction = int(random.integers(-2, width + 3))
    signed = bool(random.integers(2)) if signed is None else signed
    return QFormat(width - fraction, fraction, signed)


def any_raw(random: np.random.Generator, format: QFormat, shape) -> np.ndarray:
    """Raw values of a format; about one in four is an extreme."""
    raw = random.integers(format.min_raw, format.max_raw + 1, shape)
    ends = random.choice([format.min_raw, format.max_raw], shape)
    return np.where(random.random(shape) < 0.25, ends, raw)
