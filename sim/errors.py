"""Exceptions of simulations."""

__all__ = ["CheckFailed", "ToolError"]


class ToolError(Exception):
    """A tool is missing on this machine, or failed. The message is one line."""


class CheckFailed(Exception):
    """A simulation ran, but its outputs cannot be vouched for: it does not end, or what its bench
    counted is not what it recorded. The message is one line."""
