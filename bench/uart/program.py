"""A program beside the simulation."""

import threading
from collections.abc import Callable

__all__ = ["Program"]


class Program:
    """A function that runs in a thread of its own while the simulation goes on."""

    def __init__(self, function: Callable[[], dict | None]):
        self._function = function
        self._found, self._error = None, None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._found = self._function()
        except BaseException as error:
            self._error = error

    def start(self) -> None:
        """Start it."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def result(self) -> dict | None:
        """What it returned, or the error that it raised, once it has ended."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._found
