"""AXI3 subordinate in front of the registers."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.signatures import Burst, Response, axi3, register_bus

__all__ = ["Axi3Front"]

_PAGE_BITS = 12  # no burst crosses a page of 4 KiB
_WRAP_BITS = 6  # 16 beats of 4 bytes


class Axi3Front(wiring.Component):
    """Makes one access of the register bus of each beat of a burst.

    Bursts are FIXED, INCR or WRAP, of 1 to 16 beats of 1, 2 or 4 bytes, from any address. Reads and
    writes take turns, one burst at a time; IDs are echoed, so answers come in the order of
    requests. Write data follows its address in order, and is not interleaved: ``wid`` is not
    looked at, nor ``wlast``, since beats are counted. What `wstrb` does not name is not written; of
    a read of less than a word, all of the word is on the bus. Beats of more than 4 bytes and bursts
    of the reserved kind are answered with SLVERR, and do nothing.

    All outputs are functions of registers, but for ``wready``, which is one of the target's
    registers; what is offered stays until it is taken. Latency: a burst is taken at most 2 cycles
    after it is offered, unless another is under way; 1 cycle more a beat read than the target
    takes, none a beat written.

    Parameters
    ----------
    id_bits
        Bits of an ID.
    address_bits
        Bits of a byte offset from ``base``.
    base
        First address, a multiple of ``1 << address_bits``.

    Members
    -------
    axi : ``In``, see `signatures.axi3`
    bus : ``Out``, see `signatures.register_bus`

    Raises
    ------
    ValueError
        If ``base`` is no such multiple.
    """

    def __init__(self, *, id_bits: int, address_bits: int, base: int):
        if base % (1 << address_bits):
            raise ValueError(f"expected a base that is a multiple of 2**{address_bits}, got {base}")
        self.id_bits = id_bits
        self.address_bits = address_bits
        self.base = base
        super().__init__({
            "axi": In(axi3(data_bits=32, id_bits=id_bits)),
            "bus": Out(register_bus(address_bits)),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        axi, bus = self.axi, self.bus

        # The burst, and where in it we are.
        reading = Signal()
        address = Signal(self.address_bits)
        size = Signal(3)
        # Bits of the address that change within the burst: low ones, and all those above.
        moves, moves_high = Signal(_WRAP_BITS), Signal()
        left = Signal(4)
        outside = Signal()
        error = Signal()

        def asked(name: str):
            return Mux(reading, getattr(axi, f"ar{name}"), getattr(axi, f"aw{name}"))

        kind, length, whole = asked("burst"), asked("len"), asked("addr")
        wrapped = (Cat(Const(0b11, 2), length) << asked("size")[:2])[2:]

        def is_outside(addr):
            return addr[self.address_bits :] != self.base >> self.address_bits

        def taken(state: str):
            m.d.sync += [
                address.eq(whole),
                size.eq(asked("size")),
                left.eq(length),
                error.eq(0),
                outside.eq(
                    Mux(reading, is_outside(axi.araddr), is_outside(axi.awaddr))
                    | (asked("size") > 2)
                    | (kind == 3)
                ),
                moves_high.eq(kind == Burst.INCR),
                moves.eq(wrapped | (kind == Burst.INCR).replicate(_WRAP_BITS)),
            ]
            with m.If(kind == Burst.FIXED):
                m.d.sync += moves.eq(0)
            m.next = state

        # Beats behind the first are aligned.
        low = Signal(2)
        carry = Signal()
        with m.Switch(size[:2]):
            with m.Case(0):
                m.d.comb += [low.eq(address[:2] + 1), carry.eq(address[:2] == 3)]
            with m.Case(1):
                m.d.comb += [low.eq(Cat(Const(0, 1), ~address[1])), carry.eq(address[1])]
            with m.Default():
                m.d.comb += carry.eq(1)
        following = Cat(low, (address[2:_PAGE_BITS] + carry)[: _PAGE_BITS - 2])
        page = address[:_PAGE_BITS]
        last = left == 0

        def advance():
            mask = Cat(moves, moves_high.replicate(_PAGE_BITS - _WRAP_BITS))
            m.d.sync += [page.eq((page & ~mask) | (following & mask)), left.eq(left - 1)]

        response = Mux(error, Response.SLVERR, Response.OKAY)
        m.d.comb += [
            bus.write.eq(~reading),
            bus.address.eq(address[2:]),
            bus.outside.eq(outside),
            bus.data.eq(axi.wdata),
            bus.strobes.eq(axi.wstrb),
            axi.rresp.eq(response),
            axi.bresp.eq(response),
            axi.rlast.eq(last),
            bus.refused.eq(error & ((axi.rvalid & axi.rready) | (axi.bvalid & axi.bready))),
        ]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += [axi.arready.eq(reading), axi.awready.eq(~reading)]
                with m.If(axi.arready):
                    m.d.sync += axi.rid.eq(axi.arid)
                with m.If(axi.awready):
                    m.d.sync += axi.bid.eq(axi.awid)
                with m.If(Mux(reading, axi.arvalid, axi.awvalid)):
                    with m.If(reading):
                        taken("READ")
                    with m.Else():
                        taken("WRITE")
                with m.Else():
                    m.d.sync += reading.eq(~reading)

            with m.State("READ"):
                m.d.comb += bus.valid.eq(1)
                with m.If(bus.done):
                    m.d.sync += [axi.rdata.eq(bus.read), error.eq(bus.error)]
                    m.next = "DATA"

            with m.State("DATA"):
                m.d.comb += axi.rvalid.eq(1)
                with m.If(axi.rready):
                    advance()
                    m.next = "READ"
                    with m.If(last):
                        m.d.sync += reading.eq(0)
                        m.next = "IDLE"

            with m.State("WRITE"):
                m.d.comb += [bus.valid.eq(axi.wvalid), axi.wready.eq(bus.done)]
                with m.If(bus.done):
                    m.d.sync += error.eq(error | bus.error)
                    advance()
                    with m.If(last):
                        m.next = "RESPONSE"

            with m.State("RESPONSE"):
                m.d.comb += axi.bvalid.eq(1)
                with m.If(axi.bready):
                    m.d.sync += reading.eq(1)
                    m.next = "IDLE"
        return m
