"""Exit statuses of the command."""

import enum

__all__ = ["ExitStatus"]


class ExitStatus(enum.IntEnum):
    """What the command tells its caller."""

    DONE = 0
    """All that was asked is made."""

    BAD_INPUT = 2
    """Bad usage, bad input, or no room for the output; nothing is left behind."""

    TOOL_MISSING = 3
    """A tool that a product needs is missing or failed; everything up to it is complete."""

    MISMATCH = 4
    """A bit-true check failed."""

    TIMING = 5
    """The clock is not met."""
