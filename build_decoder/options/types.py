"""Types of options, whose errors say what was expected and what came."""

import argparse
import math
from collections.abc import Callable

__all__ = ["at_least", "finite", "fraction", "number", "positive", "positive_fraction", "seed"]

_MAX_SEED = 2**31 - 1
"""The greatest seed that all tools take."""


def number(text: str, kind: type):
    """``text`` as a number of ``kind``, for the type of an option.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    try:
        return kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"expected {wanted}, got {text!r}") from None


def at_least(least: int) -> Callable[[str], int]:
    """The type of an option that takes an integer of ``least`` or more."""

    def parse(text: str) -> int:
        value = number(text, int)
        if value < least:
            raise argparse.ArgumentTypeError(f"expected {least} or more, got {text}")
        return value

    return parse


def seed(text: str) -> int:
    """A seed."""
    value = number(text, int)
    if not 0 <= value <= _MAX_SEED:
        raise argparse.ArgumentTypeError(f"expected 0 to {_MAX_SEED}, got {text}")
    return value


def finite(text: str) -> float:
    """A finite number."""
    value = number(text, float)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text}")
    return value


def positive(text: str) -> float:
    """A finite number above 0."""
    value = number(text, float)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value


def positive_fraction(text: str) -> float:
    """A number above 0, up to 1."""
    value = number(text, float)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"expected a fraction above 0, up to 1, got {text}")
    return value


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    value = number(text, float)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a fraction from 0 to 1, got {text}")
    return value
