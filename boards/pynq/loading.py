"""Images of weights, into a decoder that takes them while it runs."""

import os
import zlib
from pathlib import Path

import numpy as np

from build_decoder.boards.driver.errors import DeviceError
from build_decoder.boards.pynq.register_access import RegisterAccess
from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.numpy_file import read_npz

__all__ = ["MAGIC", "Loading"]

MAGIC = 0x4E444357
"""First word of an image."""

_BEGIN, _COMMIT, _ROLLBACK, _VERIFY = 1, 2, 3, 4
_LEAST_WORDS, _MOST_WORDS = 4, 1 << 24
_MOST = (1 << 32) - 1
_SECONDS = 2.0
_ERRORS = {
    1: "another number of words",
    2: "a wrong CRC",
    3: "an image for another decoder",
    4: "nothing to roll back to",
    5: "memories that differ from what was loaded",
}


class Loading:
    """Loads, commits and takes back.

    Parameters
    ----------
    access
        The decoder's registers.
    """

    def __init__(self, access: RegisterAccess):
        self._access = access

    def load(self, path) -> int:
        """Load an image and commit it; its fingerprint.

        Raises
        ------
        InputError
            If it is no image for a decoder built like this one; nothing was written then.
        LinkTimeout, DeviceError
            If the decoder refuses it, or then runs another model.
        """
        words, source = _words(path)
        self._check(words, source)
        self.send(words)
        self._command(_COMMIT, "COMMIT")
        return self._expect(int(words[2]))

    def send(self, words: np.ndarray) -> None:
        """Send words (words,), whatever they are, without committing them.

        Raises
        ------
        LinkTimeout, DeviceError
            If the decoder does not take them.
        """
        access = self._access
        self._command(_BEGIN, "BEGIN")
        for word in words:
            access.write("LOAD_DATA", int(word))
        # The last of them may still be on its way.
        self._idle("all words of weights")
        taken = access.read("LOAD_WORDS")
        if taken != len(words):
            raise DeviceError(f"expected {len(words)} words of weights to be taken, got {taken}")

    def commit(self) -> None:
        """Commit what was sent.

        Raises
        ------
        LinkTimeout, DeviceError
            If the decoder refuses it.
        """
        self._command(_COMMIT, "COMMIT")

    def rollback(self) -> int:
        """Go back to the weights before; their fingerprint.

        Raises
        ------
        LinkTimeout, DeviceError
            If the decoder refuses it.
        """
        self._command(_ROLLBACK, "ROLLBACK")
        return self._access.read("FINGERPRINT")

    def verify(self) -> None:
        """Have the decoder compare its memories with what was loaded.

        Raises
        ------
        LinkTimeout, DeviceError
            If they differ.
        """
        self._command(_VERIFY, "VERIFY")

    def _command(self, command: int, name: str) -> None:
        access = self._access
        self._idle(name)
        access.write("LOAD_COMMAND", command)
        self._idle(name)
        error = access.field("LOAD_STATUS", "ERROR")
        if error:
            raise DeviceError(
                f"expected {name} of weights to be accepted, got error {error}: "
                f"{_ERRORS.get(error, 'unknown')}; the weights that ran go on"
            )

    def _idle(self, name: str) -> None:
        self._access.wait("LOAD_STATUS", "BUSY", seconds=_SECONDS, what=f"{name} to be done")

    def _expect(self, fingerprint: int) -> int:
        actual = self._access.read("FINGERPRINT")
        if actual != fingerprint:
            raise DeviceError(
                f"expected FINGERPRINT 0x{fingerprint:08x} after COMMIT, got 0x{actual:08x}"
            )
        return fingerprint

    def _check(self, words: np.ndarray, source: str) -> None:
        layout = self._access.read("LAYOUT")
        crc = zlib.crc32(words[:-1].astype("<u4").tobytes())
        for where, expected, actual in (
            ("first word", MAGIC, words[0]),
            ("layout", layout, words[1]),
            ("CRC", crc, words[-1]),
        ):
            if int(actual) != expected:
                raise InputError.at(
                    source, where, expected=f"0x{expected:08x}", got=f"0x{int(actual):08x}"
                )


def _words(path) -> tuple[np.ndarray, str]:
    source = "weights"
    words = path
    if isinstance(path, (str, os.PathLike)):
        source = os.fspath(path)
        shape = ArrayShape((None,), ("words",), _MOST_WORDS)
        words = read_npz(Path(path), "words", shape, where="words")
    words = np.asarray(words)
    fits = words.ndim == 1 and words.dtype.kind in "ui" and len(words) >= _LEAST_WORDS
    if not fits or words.min() < 0 or words.max() > _MOST:
        raise InputError.at(
            source, "words", expected=f"{_LEAST_WORDS} words of 32 bits or more",
            got=f"an array {words.shape} of {words.dtype}",
        )
    return words.astype(np.uint32), source
