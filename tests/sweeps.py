"""Parameters of tests of which some run always, and all in the long sweeps."""

from collections.abc import Iterable

import pytest

__all__ = ["swept"]


def swept(values: Iterable, every: int) -> list:
    """All ``values``, of which the first of each ``every`` is in quick runs too.

    A tuple has a value for each of several parameters.
    """
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[pytest.mark.slow] if number % every else [],
        )
        for number, value in enumerate(values)
    ]
