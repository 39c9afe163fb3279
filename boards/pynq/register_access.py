"""The registers of a decoder by their names, over whatever reads and writes words."""

import time

import numpy as np

from build_decoder.boards.axi.description import RegisterMap
from build_decoder.boards.driver.errors import LinkTimeout

__all__ = ["RegisterAccess"]


class RegisterAccess:
    """Registers and windows of a decoder.

    Parameters
    ----------
    mmio
        Has ``read(offset)``, which returns a word, and ``write(offset, value)``, where a value is
        an integer or bytes of whole words, as pynq's ``MMIO`` has.
    registers
        The map.
    clock
        Has ``monotonic()``, as the module `time` has.
    """

    def __init__(self, mmio, registers: RegisterMap, *, clock=time):
        self.registers = registers
        self._mmio = mmio
        self._clock = clock

    def read(self, name: str) -> int:
        """The register called ``name``."""
        return int(self._mmio.read(self.registers.register(name).offset))

    def write(self, name: str, value: int) -> None:
        """Write the register called ``name``."""
        self._mmio.write(self.registers.register(name).offset, int(value))

    def field(self, name: str, field: str) -> int:
        """A field of the register called ``name``, read now."""
        place = self.registers.register(name).field(field)
        return self.read(name) >> place.low & ((1 << place.width) - 1)

    def bit(self, name: str, field: str) -> int:
        """The value of a register in which only that field of one bit is set."""
        return 1 << self.registers.register(name).field(field).low

    def read_window(self, name: str) -> np.ndarray:
        """Words (words,) of a window, uint32."""
        window = self.registers.window(name)
        offsets = range(window.offset, window.offset + 4 * window.words, 4)
        return np.array([self._mmio.read(offset) for offset in offsets], dtype=np.uint32)

    def write_window(self, name: str, words: np.ndarray) -> None:
        """Write words (words,) into a window, from its first."""
        self._mmio.write(self.registers.window(name).offset, words.astype("<u4").tobytes())

    def mapped(self, name: str):
        """A window as an array of words (words,) in memory; None where it is not mapped."""
        array = getattr(self._mmio, "array", None)
        window = self.registers.window(name)
        first = window.offset // 4
        return None if array is None else array[first : first + window.words]

    def wait(self, name: str, field: str, *, seconds: float, what: str) -> None:
        """Wait until a field is 0.

        Raises
        ------
        LinkTimeout
            If it is not within ``seconds``; ``what`` says what was waited for.
        """
        end = self._clock.monotonic() + seconds
        while self.field(name, field):
            if self._clock.monotonic() > end:
                raise LinkTimeout(
                    f"expected {what} within {seconds:.3g} s, got {name} 0x{self.read(name):08x}"
                )
