"""A lock that threads get in the order in which they ask for it."""

import threading
from collections import deque

__all__ = ["Turns"]


class Turns:
    """A lock that is fair: who asks again has to wait until those who asked before had their turn.

    Of one of Python's, a thread that asks again at once gets it again and again, while others wait.
    """

    def __init__(self):
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        gate = threading.Lock()
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            gate.acquire()
            self._waiting.append(gate)
        try:
            gate.acquire()
        except BaseException:
            with self._guard:
                waits = gate in self._waiting
                if waits:
                    self._waiting.remove(gate)
            if not waits:
                self.__exit__()
            raise

    def __exit__(self, *exception) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
