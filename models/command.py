"""Runs commands: exit statuses, error lines, temporary folders."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from threadpoolctl import threadpool_limits

from build_decoder.models.errors import InputError, ToolError, printable
from build_decoder.models.room import WORKING_ROOM, is_no_room, no_room, require_room, says_no_room
from build_decoder.models.scratch import scratch_folder
from build_decoder.models.signals import ended_by_signals
from build_decoder.models.yowasp_cache import usable_yowasp_cache

__all__ = ["BAD_INPUT", "TOOL_FAILED", "exit_status", "say"]

BAD_INPUT = 2
"""Exit status of bad usage, bad input, and output that cannot be written."""

TOOL_FAILED = 3
"""Exit status where a tool is missing or failed."""


def exit_status(
    run: Callable[[], int],
    *,
    prefix: str = "",
    failures: Mapping[type[Exception], int] | None = None,
    tools: bool = False,
) -> int:
    """The exit status of `run`; if it fails, a status for the failure, and one line that says why.

    Temporary files of `run` and of its tools go into one folder that is gone afterwards, and a
    signal ends it with all its children. Linear algebra has one thread: its products are small, and
    threads wait for each other, for hundreds of times as long where other work shares the cores.

    Parameters
    ----------
    run
        The command, its arguments parsed in it.
    prefix
        Beginning of the line on standard error.
    failures
        Exit statuses of exceptions other than an InputError or an OSError, which are 2, as is one
        of a tool that says that the disk is full.
    tools
        Whether it runs tools of others, YoWASP's among them: a ToolError is status 3.
    """
    failures = {**(failures or {}), **({ToolError: TOOL_FAILED} if tools else {})}
    _print_anything()
    scratch = None

    def tell(text: str) -> None:
        # Who reads it finds the place, and no longer the folder in it.
        say(f"{prefix}{text.replace(f'{scratch}', f'{scratch.parent}') if scratch else text}")

    with ended_by_signals(prefix):
        try:
            with contextlib.ExitStack() as stack:
                scratch = stack.enter_context(scratch_folder())
                stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
                # Of libraries that are loaded later, SciPy's, and in processes of its own.
                os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
                if tools:
                    stack.enter_context(usable_yowasp_cache(scratch.parent))
                status = _in_room(run, scratch) if tools else run()
                if sys.stdout is not None:
                    sys.stdout.flush()
                return status
        except BrokenPipeError:
            return _reader_left()
        except InputError as error:
            tell(str(error))
        except OSError as error:
            tell(_reason(error, scratch))
        except tuple(failures) as error:
            if said := says_no_room(str(error)):
                tell(str(no_room(f"output or {scratch}", said)))
                return BAD_INPUT
            tell(str(error))
            return next(s for kind, s in failures.items() if isinstance(error, kind))
        return BAD_INPUT


def say(line: str) -> None:
    """Print `line` on standard error, if there is one."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(" ".join(line.split()), file=sys.stderr)


def _in_room(run: Callable[[], int], scratch: Path) -> int:
    """The exit status of `run`; raises `NoRoom` if it fails because `scratch` is full."""
    try:
        return run()
    except (InputError, OSError):
        raise
    except Exception:
        # Tools write files that are cut off, and whatever reads them stumbles.
        require_room(scratch, least=WORKING_ROOM)
        raise


def _reason(error: OSError, scratch: Path | None) -> str:
    where = error.filename or (f"output or {scratch}" if scratch else "output")
    if is_no_room(error):
        return str(no_room(where, error.strerror))
    return printable(f"{where}: expected a file that can be read or written, got {error.strerror}")


def _print_anything() -> None:
    """Let no character of a name be an error where the terminal's encoding lacks it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _reader_left() -> int:
    """The status of who wrote into a pipe that nobody reads (`| head -1`)."""
    # What is still buffered has nowhere to go; Python would complain of it at its end.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):
            os.dup2(nowhere, descriptor)
    return 128 + signal.SIGPIPE
