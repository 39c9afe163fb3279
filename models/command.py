"""How the commands of this package end."""

import sys
from collections.abc import Callable

from models.errors import InputError

__all__ = ["exit_status"]


def exit_status(run: Callable[[], int]) -> int:
    """What `run` returns; 2, with one line on standard error, for bad input or output."""
    try:
        return run()
    except InputError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        where = error.filename or "output"
        print(f"{where}: expected a file to write, got {error.strerror}", file=sys.stderr)
    return 2
