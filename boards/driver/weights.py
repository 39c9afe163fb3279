"""Weights of a decoder at the other end of a port: loaded, taken back, verified."""

import zlib

import numpy as np

from build_decoder.boards.driver.errors import DeviceError, LinkError
from build_decoder.boards.driver.exchange import Exchange
from build_decoder.boards.protocol import Command, LoadError, LoadState
from build_decoder.hdl.planning.image import CRC_WORDS, MAGIC
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError, shown

__all__ = ["LOAD_WORDS", "Weights", "checked_image"]

LOAD_WORDS = 256
"""Words of a LOAD request; the last one of an image may have fewer."""

_ATTEMPTS = 3
_FINGERPRINT = 2


class Weights:
    """What can be done with the weights of a decoder.

    A request may reach the board twice, or its reply get lost. A LOAD that comes again is ignored
    by the board, whose count of words tells. After a COMMIT or a ROLLBACK, another one does
    nothing, and the fingerprint tells which model runs.

    Parameters
    ----------
    exchange
        Sends requests.
    interface
        What the decoder is expected to be.
    """

    def __init__(self, exchange: Exchange, interface: Interface):
        self._exchange = exchange
        self._interface = interface

    def load(self, image) -> None:
        """Write an image and commit it; see `Decoder.load_weights`."""
        words = checked_image(image, self._interface)
        octets = words.astype("<u4")
        failure = ""
        for _ in range(_ATTEMPTS):
            failure = self._written(octets) or self._committed(int(words[_FINGERPRINT]))
            if not failure:
                return
        raise LinkError(f"weights: {failure}, in {_ATTEMPTS} attempts: the old ones are in use")

    def rollback(self) -> None:
        """Take back the last image; see `Decoder.rollback`."""
        before = self.call(Command.STATUS)
        state = self.call(Command.ROLLBACK)
        # One that was repeated finds nothing to take back, after it did so before.
        if state.error and state.fingerprint == before.fingerprint:
            raise DeviceError(
                "board: expected weights before those in use, got none: there was no COMMIT, or "
                "words were loaded since"
            )

    def verify(self) -> None:
        """Compare the memories with the image; see `Decoder.verify`."""
        state = self.call(Command.VERIFY)
        if state.error:
            raise DeviceError("board: expected the weights that were written, got others")

    def call(self, command: Command, payload: bytes = b"") -> LoadState:
        """The state behind a command.

        Raises
        ------
        InputError
            If the decoder's weights are constants.
        """
        _check_reloadable(self._interface)
        return self._exchange.call(command, payload, LoadState.unpack)

    def _written(self, octets: np.ndarray) -> str:
        """Write all words; what went wrong, if something did."""
        for start in range(0, len(octets), LOAD_WORDS):
            part = octets[start : start + LOAD_WORDS]
            state = self.call(Command.LOAD, start.to_bytes(4, "little") + part.tobytes())
            if state.words != start + len(part):
                return f"expected {start + len(part)} words on the board, got {state.words}"
        return ""

    def _committed(self, fingerprint: int) -> str:
        state = self.call(Command.COMMIT)
        if state.fingerprint == fingerprint:
            # Of a COMMIT that was repeated, too, which finds no words.
            return ""
        names = {error.value: error.name for error in LoadError}
        return f"expected COMMIT to end well, got {names.get(state.error, state.error)}"


def _check_reloadable(interface: Interface) -> None:
    if not interface.reloadable:
        raise InputError(
            f"{interface.name}: expected a decoder whose weights can be loaded (--reloadable), "
            f"got one with constant weights"
        )


def checked_image(image, interface: Interface) -> np.ndarray:
    """An image as uint32 words, if it is one for that decoder.

    Raises
    ------
    InputError
        If it is not, or the decoder's weights are constants.
    """
    _check_reloadable(interface)
    words = np.asarray(image)
    if words.ndim != 1 or words.dtype.kind not in "ui":
        raise InputError(f"image: expected integers (words,), got {shown(image)}")
    if len(words) != interface.image_words:
        raise InputError(f"image: expected {interface.image_words} words, got {len(words)}")
    if (words < 0).any() or (words >> 32).any():
        raise InputError("image: expected words of 32 bits, got others")
    words = words.astype(np.uint32)
    found = zlib.crc32(words[:-CRC_WORDS].astype("<u4").tobytes())
    for name, expected, got in (
        ("magic", MAGIC, words[0]),
        ("layout id", interface.layout_id, words[1]),
        ("CRC", found, words[-1]),
    ):
        if int(got) != expected:
            raise InputError(f"image: {name}: expected {expected:#010x}, got {int(got):#010x}")
    return words
