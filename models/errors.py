"""Two exceptions: for everything that a user can get wrong, and for the tools of others."""

__all__ = ["InputError", "ToolError", "ToolMissing", "printable", "shown"]

_SHOWN_LIMIT = 60


def shown(value: object) -> str:
    """`value` as one short line, fit for an error message: its `repr`, cut after 60 characters."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python agrees to print
        text = f"{type(value).__name__} of enormous size"
    return text if len(text) <= _SHOWN_LIMIT else text[:_SHOWN_LIMIT] + "..."


def printable(text: str) -> str:
    """`text` with control characters, which a terminal would obey, as escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class InputError(Exception):
    """Bad input from the user. The message is one line that can be printed as it stands."""

    @classmethod
    def at(cls, source: object, where: str, *, expected: str, got: str) -> "InputError":
        """An error of the form ``<source>: <where>: expected <expected>, got <got>``.

        Parameters
        ----------
        source:
            File, folder or zoo name that the user gave.
        where:
            Place inside it, such as ``layer 2: weights``; empty where the file as a whole is meant.
        """
        place = f"{source}: {where}" if where else f"{source}"
        message = f"{place}: expected {expected}, got {got}"
        return cls(printable(" ".join(message.split())))


class ToolError(Exception):
    """A tool failed, or left something that cannot be used. The message is one line."""


class ToolMissing(ToolError):
    """A tool is not on this machine, or is one that cannot be used."""
