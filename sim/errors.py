"""The exception of checks."""

__all__ = ["CheckFailed"]


class CheckFailed(Exception):
    """A simulation ran, but its outputs cannot be vouched for: it does not end, or what its bench
    counted is not what it recorded. The message is one line."""
