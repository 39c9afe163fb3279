"""How a command ends by a signal: its children first, then its folders, then itself.

A handler that raises would be no good here: the exception would come out anywhere, also in
clean-up code, in callbacks that swallow it, and in another's `except`. This one never goes back to
what it interrupted. It ends every process below this one, calls what `on_end` was given, writes
one line, and dies by the same signal, which a shell shows as status 128 + N.

Imports nothing but what it must, so that a command can install it before all else.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

__all__ = ["ended_by_signals", "held", "on_end"]

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU")
_PR_SET_CHILD_SUBREAPER = 36
_SECONDS = 10
"""How long children get to be gone; those that are killed while the disk is busy may need some."""

# Handlers are the process's own, and so is what they have to know.
_active = False
_prefix = ""
_holds = 0
_pending: int | None = None
_callbacks: list[Callable[[], None]] = []


@contextlib.contextmanager
def ended_by_signals(prefix: str = "") -> Iterator[None]:
    """While in it, signals end the process without leaving anything behind.

    A signal that was ignored stays so (`nohup`). In another thread than the main one, where Python
    takes no handlers, and within another such block it does nothing.

    Parameters
    ----------
    prefix
        What the line on standard error begins with.
    """
    global _active, _prefix
    if _active or threading.current_thread() is not threading.main_thread():
        yield
        return
    _active, _prefix = True, prefix
    before = {}
    with held():
        for ending in _ENDING:
            number = getattr(signal, ending, None)
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, _handle)
        # Now, since nothing can be imported safely once a handler runs.
        with contextlib.suppress(ImportError):
            import psutil  # noqa: F401

        _adopt_orphans(True)
    try:
        yield
    finally:
        with held():
            _adopt_orphans(False)
            for number, handler in before.items():
                signal.signal(number, handler)
            _active = False


@contextlib.contextmanager
def held() -> Iterator[None]:
    """A signal that comes in it takes effect at its end."""
    global _holds
    _holds += 1
    try:
        yield
    finally:
        _holds -= 1
        if not _holds and _pending is not None:
            _end(_pending)


@contextlib.contextmanager
def on_end(callback: Callable[[], None]) -> Iterator[None]:
    """If a signal ends the process in it, `callback` is called first; the last one given first.

    It may run between any two instructions of the block, and must not print or take a lock.
    """
    _callbacks.append(callback)
    try:
        yield
    finally:
        _callbacks.remove(callback)


def _handle(number: int, _frame) -> None:
    global _pending
    if _holds:
        _pending = _pending or number
    else:
        _end(number)


def _end(number: int) -> None:
    for ending in _ENDING:
        # A second signal must not break off the cleaning up.
        if (other := getattr(signal, ending, None)) is not None:
            signal.signal(other, signal.SIG_IGN)
    _end_children()
    for callback in reversed(_callbacks):
        with contextlib.suppress(Exception):
            callback()
    line = f"{_prefix}ended by {signal.Signals(number).name}\n"
    if os.isatty(2):
        line = f"\n{line}"  # below a status line and the ^C that the terminal shows
    with contextlib.suppress(OSError):
        os.write(2, line.encode())
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # the first process of a container outlives its own signals


def _end_children() -> None:
    try:
        import psutil
    except ImportError:
        return  # a host that only drives a board starts no processes

    this = psutil.Process()
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        # Anew each time: one that was just being started was not in the list before.
        children = this.children(recursive=True)
        if not children:
            return
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()
        psutil.wait_procs(children, timeout=0.5)


def _adopt_orphans(yes: bool) -> None:
    """Become the parent of processes whose own parent ends, so that `_end_children` finds them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0)
