"""Programs at a serial line: frames, and images loaded while frames run."""

import threading
from itertools import count

import numpy as np

from build_decoder.bench.loaded_frames import judged
from build_decoder.bench.uart.board import Board
from build_decoder.boards.driver import Decoder
from build_decoder.boards.driver.weights import LOAD_WORDS
from build_decoder.boards.protocol import Command

__all__ = ["by_frames", "by_loading"]

_LOADS = (Command.LOAD, Command.COMMIT)
_FRAMES_BETWEEN = 2


def by_frames(board: Board) -> dict:
    """``arrays["x_raw"]`` one after the other.

    Returns mismatches with ``arrays["y_raw"]``, and cycles from the end of the first answer to that
    of the last one.
    """
    x_raw, y_raw = board.arrays["x_raw"], board.arrays["y_raw"]
    with board.open() as decoder:
        decoder.check()
        start = board.line.cycle
        found = decoder.infer_raw(x_raw)
    return {
        "mismatches": int((found != y_raw).any(axis=1).sum()),
        "cycles": board.line.cycle - start,
    }


class _Frames:
    """Frames ``x_raw`` again and again, in a thread of their own."""

    def __init__(self, decoder: Decoder, x_raw: np.ndarray):
        self._decoder, self._x_raw = decoder, x_raw
        self._ends, self._came = threading.Event(), threading.Condition()
        self._error = None
        self.found: list[np.ndarray] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for number in count():
                found = self._decoder.infer_raw(self._x_raw[number % len(self._x_raw)])
                with self._came:
                    self.found.append(found)
                    self._came.notify_all()
                if self._ends.is_set():
                    return
        except Exception as error:
            with self._came:
                self._error = error
                self._came.notify_all()

    def wait(self, more: int) -> None:
        """Wait for some more frames."""
        with self._came:
            enough = len(self.found) + more
            self._came.wait_for(lambda: self._error or len(self.found) >= enough)
        if self._error:
            raise self._error

    def end(self) -> np.ndarray:
        """Let the last one end, and return raw outputs of all (frames, outputs)."""
        self._ends.set()
        self._thread.join()
        self.wait(0)
        return np.stack(self.found)


def by_loading(board: Board) -> dict:
    """Images ``arrays["words"]`` (images, words) loaded one after the other, while another thread
    has frames ``arrays["x_raw"]`` computed.

    ``arrays["expected"]`` (1 + images, frames, outputs) is what each model makes of ``x_raw``, the
    build's first. Returns counts of `LoadedFrames`, cycles that each image took from its first
    request to the answer to COMMIT, frames in between included, and requests that were repeated.
    """
    arrays, requests, cycles = board.arrays, [], []
    images = arrays["words"]
    with board.open(requests) as decoder:
        decoder.check()
        frames = _Frames(decoder, arrays["x_raw"])
        frames.wait(_FRAMES_BETWEEN)
        for words in images:
            start = board.line.cycle
            decoder.load_weights(words)
            cycles.append(board.line.cycle - start)
            frames.wait(_FRAMES_BETWEEN)
        found = frames.end()
        decoder.verify()
    running, meanwhile = _times(requests)
    places = np.arange(len(found)) % len(arrays["x_raw"])
    result = judged(found, arrays["expected"][:, places], running, meanwhile)
    expected = len(found) + len(images) * (-(-images.shape[1] // LOAD_WORDS) + 1)
    sent = sum(request in (Command.INFER, *_LOADS) for request in requests)
    return result.as_json() | {"cycles_a_load": cycles, "repeated": sent - expected}


def _times(requests: list[Command]) -> tuple[np.ndarray, np.ndarray]:
    """Of each frame, how many images were committed before it, and whether one was being loaded."""
    running, meanwhile, committed, loading = [], [], 0, False
    for request in requests:
        if request is Command.INFER:
            running.append(committed)
            meanwhile.append(loading)
        elif request in _LOADS:
            loading = request is Command.LOAD
            committed += not loading
    return np.array(running), np.array(meanwhile)
