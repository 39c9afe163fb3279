"""A map over some processes."""

import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

__all__ = ["mapper_of"]


@contextmanager
def mapper_of(jobs: int):
    """A ``map`` over ``jobs`` processes; over one, it stays in this process."""
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:

        def mapped(function, numbers):
            # Ctrl-C reaches them all; this process ends the others, which print nothing then.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                return pool.map(function, numbers)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

        yield mapped
