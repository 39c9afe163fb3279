"""Parameters of tests of which some run always, and all in the long sweeps."""

from collections.abc import Iterable

import pytest

__all__ = ["swept"]


def swept(values: Iterable, every: int) -> list:
    """All ``values``, of which the first of each ``every`` is in quick runs too."""
    return [
        value if number % every == 0 else pytest.param(value, marks=pytest.mark.slow)
        for number, value in enumerate(values)
    ]
