"""Exceptions of simulations."""

__all__ = ["CheckFailed", "ToolError", "ToolMissing"]


class ToolError(Exception):
    """A tool failed, or is missing on this machine. The message is one line."""


class ToolMissing(ToolError):
    """A tool is missing on this machine, or is one that cannot be used."""


class CheckFailed(Exception):
    """A simulation ran, but its outputs cannot be vouched for: it does not end, or what its bench
    counted is not what it recorded. The message is one line."""
