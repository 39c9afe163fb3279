"""Writes results to memory."""

from amaranth import C, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.packing import DDR_BITS
from build_decoder.boards.axi.signatures import Burst, axi3_write

__all__ = ["ResultWriter"]

_WAITING_BITS = 4


class ResultWriter(wiring.Component):
    """Writes words to rising addresses, each in a burst of its own.

    A decoder's outputs are few and come slowly: a longer burst would hold the bus for the time of
    a frame. Up to 15 words wait for their answers. Throughput: one word in 2 cycles.

    Parameters
    ----------
    id_bits
        Bits of an ID; all are 0.

    Members
    -------
    axi : ``Out``, see `signatures.axi3_write`
    target : ``In``
        Address of the first word, in words of 64 bits.
    set_target : ``In``
        High for one cycle, not while ``busy``: take ``target``.
    i : ``In``, stream of words of 64 bits
    busy : ``Out``
        A word that was taken has not been answered.
    error : ``Out``
        High for one cycle for each word that memory answered with an error.
    """

    def __init__(self, *, id_bits: int):
        super().__init__({
            "axi": Out(axi3_write(data_bits=DDR_BITS, id_bits=id_bits)),
            "target": In(29),
            "set_target": In(1),
            "i": In(stream.Signature(DDR_BITS)),
            "busy": Out(1),
            "error": Out(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        axi = self.axi
        address, waiting = Signal(29), Signal(_WAITING_BITS)
        answered = axi.bvalid & axi.bready
        # A register between what waits for memory and the decoder.
        taken = self.i.valid & self.i.ready
        left = (~axi.awvalid | axi.awready) & (~axi.wvalid | axi.wready)
        there = axi.awvalid | axi.wvalid
        m.d.comb += [
            axi.awaddr.eq(Cat(C(0, 3), address)),
            axi.awsize.eq((DDR_BITS // 8).bit_length() - 1),
            axi.awburst.eq(Burst.INCR),
            axi.wstrb.eq(~0),
            axi.wlast.eq(1),
            axi.bready.eq(1),
            self.i.ready.eq(~there & ~waiting.all()),
            self.busy.eq(waiting != 0),
            self.error.eq(answered & axi.bresp[1]),
        ]
        with m.If(axi.awready):
            m.d.sync += axi.awvalid.eq(0)
        with m.If(axi.wready):
            m.d.sync += axi.wvalid.eq(0)
        with m.If(taken):
            m.d.sync += [axi.awvalid.eq(1), axi.wvalid.eq(1), axi.wdata.eq(self.i.payload)]
        # What is set and what is counted go through the same adder.
        with m.If(self.set_target | (there & left)):
            m.d.sync += address.eq(Mux(self.set_target, self.target, address) + ~self.set_target)
        with m.If(taken ^ answered):
            m.d.sync += waiting.eq(waiting + Mux(answered, -1, 1))
        return m
