"""What a port raises, as one kind of error."""

from collections.abc import Callable

from build_decoder.boards.driver.errors import PortError

try:
    from termios import error as _TerminalError
except ImportError:  # not on Windows
    _TerminalError = OSError

__all__ = ["PORT_ERRORS", "on_port", "one_line"]

# pySerial's own are OSErrors, but those of a lost terminal pass through it.
PORT_ERRORS = (OSError, _TerminalError)


def on_port(call: Callable, *arguments):
    """The result of a call of a port's method; `PortError` where the port fails."""
    try:
        return call(*arguments)
    except PORT_ERRORS as error:
        raise PortError(f"port: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """The message of an error of the system, in one line."""
    return " ".join(str(error).split())
