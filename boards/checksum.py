"""The CRC of requests and replies, in hardware."""

from amaranth import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.crc import Algorithm
from amaranth.lib.wiring import In, Out

from build_decoder.boards.protocol import Protocol

__all__ = ["CRC_WIDTH", "Checksum", "Covered"]

CRC_WIDTH = 16
"""Bits of the protocol's CRC."""

Covered = data.StructLayout({"start": 1, "valid": 1, "byte": 8})
"""One cycle of what a CRC covers: begin a new one with `start`, take `byte` in with `valid`."""


class Checksum(wiring.Component):
    """CRC of the bytes since the last ``start``, as `Protocol.crc`.

    Latency: a byte that ``i`` shows in cycle n counts in ``crc`` and ``intact`` from cycle n + 2.
    One of the two cycles keeps the CRC out of the path of whatever drives ``i``. Throughput: one
    byte a cycle.

    Parameters
    ----------
    protocol
        Polynomial and start value.

    Members
    -------
    i
        What the CRC covers. With both ``start`` and ``valid``, the byte is the first of a new one.
    crc
        The CRC, most significant bit first.
    intact
        The last two bytes were the CRC, high byte first, of all before them.
    settled
        Nothing was shown in the cycle before that does not count yet.
    """

    i: In(Covered)
    crc: Out(CRC_WIDTH)
    intact: Out(1)
    settled: Out(1)

    def __init__(self, protocol: Protocol):
        self.protocol = protocol
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        algorithm = Algorithm(
            crc_width=CRC_WIDTH,
            polynomial=self.protocol.crc_polynomial,
            initial_crc=self.protocol.crc_initial,
            reflect_input=False,
            reflect_output=False,
            xor_output=0,
        )
        m.submodules.processor = processor = algorithm(data_width=8).create()
        covered = Signal(Covered)
        m.d.sync += covered.eq(self.i)
        m.d.comb += [
            processor.start.eq(covered.start),
            processor.valid.eq(covered.valid),
            processor.data.eq(covered.byte),
            self.crc.eq(processor.crc),
            self.intact.eq(processor.match_detected),
            self.settled.eq(~covered.valid),
        ]
        return m
