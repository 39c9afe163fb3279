"""AXI4-Lite subordinate in front of the registers."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.signatures import Response, axi4_lite, register_bus

__all__ = ["Axi4LiteFront"]


class Axi4LiteFront(wiring.Component):
    """Makes an access of the register bus of each read and each write, one at a time.

    Reads and writes take turns. All outputs are functions of registers, but for ``wready``, which
    is one of the target's registers; what is offered stays until it is taken. ``awprot`` and
    ``arprot`` are not looked at.

    Parameters
    ----------
    address_bits
        Bits of a byte address.

    Members
    -------
    axi : ``In``, see `signatures.axi4_lite`
    bus : ``Out``, see `signatures.register_bus`
    """

    def __init__(self, *, address_bits: int):
        self.address_bits = address_bits
        super().__init__({
            "axi": In(axi4_lite(address_bits)),
            "bus": Out(register_bus(address_bits)),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        axi, bus = self.axi, self.bus
        reading, error = Signal(), Signal()
        response = Mux(error, Response.SLVERR, Response.OKAY)
        m.d.comb += [
            bus.write.eq(~reading),
            bus.data.eq(axi.wdata),
            bus.strobes.eq(axi.wstrb),
            axi.rresp.eq(response),
            axi.bresp.eq(response),
            bus.refused.eq(error & ((axi.rvalid & axi.rready) | (axi.bvalid & axi.bready))),
        ]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += [axi.arready.eq(reading), axi.awready.eq(~reading)]
                m.d.sync += bus.address.eq(Mux(reading, axi.araddr, axi.awaddr)[2:])
                with m.If(Mux(reading, axi.arvalid, axi.awvalid)):
                    m.next = "ACCESS"
                with m.Else():
                    m.d.sync += reading.eq(~reading)

            with m.State("ACCESS"):
                m.d.comb += [
                    bus.valid.eq(reading | axi.wvalid),
                    axi.wready.eq(~reading & bus.done),
                ]
                with m.If(bus.done):
                    m.d.sync += [axi.rdata.eq(bus.read), error.eq(bus.error)]
                    m.next = "RESPONSE"

            with m.State("RESPONSE"):
                m.d.comb += [axi.rvalid.eq(reading), axi.bvalid.eq(~reading)]
                with m.If(Mux(reading, axi.rready, axi.bready)):
                    m.d.sync += reading.eq(~reading)
                    m.next = "IDLE"
        return m
