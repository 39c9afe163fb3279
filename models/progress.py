"""How long work tells what it is doing.

Whatever takes seconds has a parameter ``progress``, and calls it with a short text such as
``narrowed: 812 evaluations``, or with a function that makes one whenever it is shown, such as how
many lines a tool has written by now. Whether and where it is shown is the caller's matter.
"""

from collections.abc import Callable

__all__ = ["Detail", "Progress", "silent"]

Detail = str | Callable[[], str]
"""A short text, or a function that makes it, which is called from another thread."""

Progress = Callable[[Detail], None]
"""Type of a parameter ``progress``."""


def silent(detail: Detail) -> None:
    """Show nothing: the default of such a parameter."""
