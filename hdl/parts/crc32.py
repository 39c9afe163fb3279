"""CRC-32, a bit a cycle: zlib's."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Crc32"]

_POLYNOMIAL = 0xEDB88320
_START = 0xFFFFFFFF
_RESIDUE = 0xDEBB20E3
"""What the register holds after any message with its own CRC, lowest byte first, behind it."""


class Crc32(wiring.Component):
    """Bits of bytes, the lowest first, with ``enable``; ``start`` begins a new message.

    ``matches`` if the message so far ends with its CRC-32, lowest byte first.

    Members
    -------
    start, enable, bit : ``In``, 1
    matches : ``Out``, 1
    """

    start: In(1)
    enable: In(1)
    bit: In(1)
    matches: Out(1)

    def elaborate(self, platform):
        m = Module()
        register = Signal(32, init=_START)
        feedback = register[0] ^ self.bit
        shifted = Cat(register[1:], feedback) ^ (
            feedback.replicate(32) & (_POLYNOMIAL & ~(1 << 31))
        )
        with m.If(self.enable):
            m.d.sync += register.eq(shifted)
        with m.If(self.start):
            m.d.sync += register.eq(_START)
        m.d.comb += self.matches.eq(register == _RESIDUE)
        return m
