"""Saturation: raw values that do not fit a format become its least or greatest one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # a format narrows values, and so imports this
    from build_decoder.quant.qformat import QFormat

__all__ = ["limit", "noting"]

Note = Callable[["QFormat", np.ndarray], None]

_note: ContextVar[Note | None] = ContextVar("note", default=None)


def limit(raw: np.ndarray, format: "QFormat", out: np.ndarray | None = None) -> np.ndarray:
    """``raw``, whole values of any size, saturated to ``format``; into ``out`` if given."""
    if (note := _note.get()) is not None:
        note(format, raw)
    # The method takes half as long as np.clip() of few values.
    return raw.clip(format.min_raw, format.max_raw, out=out)


@contextmanager
def noting(note: Note) -> Iterator[None]:
    """Call ``note`` with format and values, ahead of each saturation in this thread."""
    before = _note.set(note)
    try:
        yield
    finally:
        _note.reset(before)
