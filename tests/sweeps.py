"""Parameters of tests of which some run always, and all in the long sweeps."""

from collections.abc import Iterable

import pytest

__all__ = ["swept", "swept_cases"]


def swept(values: Iterable, every: int) -> list:
    """All ``values``, of which the first of each ``every`` is in quick runs too."""
    return swept_cases(((value,) for value in values), every)


def swept_cases(cases: Iterable[tuple], every: int) -> list:
    """As :func:`swept`, of cases that have a value for each of several parameters."""
    return [
        pytest.param(*case, marks=[pytest.mark.slow] if number % every else [])
        for number, case in enumerate(cases)
    ]
