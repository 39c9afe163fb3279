"""The exception for tools of this machine."""

__all__ = ["ToolError"]


class ToolError(Exception):
    """A tool is missing on this machine, or failed. The message is one line."""
