"""The AXI3 subordinate answers every burst, beat for beat."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.boards.axi.axi3_front import Axi3Front
from build_decoder.boards.axi.signatures import Response, axi3
from build_decoder.sim.inside import Inside, keeps_offers, lets_pass
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_ID_BITS = 2
_DONE_WITHIN = 3
_STEP_WITHIN = _DONE_WITHIN + 2
"""Cycles within which something goes on: a cycle to look at the other direction, one to begin."""


class Axi3FrontBench(wiring.Component):
    """Any manager that keeps what it offers, and registers that are done within some cycles."""

    def __init__(self, component: type):
        self.front = component(id_bits=_ID_BITS, address_bits=6, base=0x40)
        super().__init__({
            "axi": In(axi3(data_bits=32, id_bits=_ID_BITS)),
            "done": In(1),
            "read": In(32),
            "error": In(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        inside = Inside(self.front)
        m.submodules.front = inside.fragment
        axi, bus = self.front.axi, self.front.bus
        wiring.connect(m, wiring.flipped(self.axi), axi)
        m.d.comb += [bus.done.eq(self.done), bus.read.eq(self.read), bus.error.eq(self.error)]

        # The manager, and the registers.
        parts = ("id", "addr", "len", "size", "burst")
        requests = {
            name: Cat(*(getattr(axi, name + part) for part in parts)) for name in ("ar", "aw")
        }
        waiting = Signal(range(_DONE_WITHIN + 1))
        m.d.sync += waiting.eq(Mux(bus.valid & ~self.done, waiting + 1, 0))
        m.d.comb += [
            Assume(keeps_offers(m, axi.arvalid, axi.arready, requests["ar"])),
            Assume(keeps_offers(m, axi.awvalid, axi.awready, requests["aw"])),
            Assume(keeps_offers(m, axi.wvalid, axi.wready, Cat(axi.wdata, axi.wstrb))),
            Assume(bus.valid | ~self.done),
            Assume(waiting != _DONE_WITHIN),
            Assert(waiting <= _DONE_WITHIN),
        ]

        # What is offered stays.
        m.d.comb += [
            Assert(keeps_offers(
                m, axi.rvalid, axi.rready, Cat(axi.rid, axi.rdata, axi.rresp, axi.rlast)
            )),
            Assert(keeps_offers(m, axi.bvalid, axi.bready, Cat(axi.bid, axi.bresp))),
            Assert(keeps_offers(m, bus.valid, bus.done, Cat(bus.write, bus.address, bus.outside))),
        ]  # fmt: skip

        # What is owed: beats of a read, beats of a write, the response of a write.
        read_left, write_left = Signal(5), Signal(5)
        owes_response, bad, fetched = Signal(), Signal(), Signal()
        owed_id, data = Signal(_ID_BITS), Signal(32)
        took_ar, took_aw = axi.arvalid & axi.arready, axi.awvalid & axi.awready
        took_w, gave_r = axi.wvalid & axi.wready, axi.rvalid & axi.rready
        gave_b, accessed = axi.bvalid & axi.bready, bus.valid & bus.done
        busy = (read_left != 0) | (write_left != 0) | owes_response
        with m.If(took_ar):
            m.d.sync += [read_left.eq(axi.arlen + 1), owed_id.eq(axi.arid)]
        with m.If(took_aw):
            m.d.sync += [write_left.eq(axi.awlen + 1), owed_id.eq(axi.awid), bad.eq(0)]
        with m.If(accessed):
            m.d.sync += [data.eq(self.read), bad.eq(self.error | (bad & bus.write))]
            m.d.sync += fetched.eq(~bus.write)
        with m.If(took_w):
            m.d.sync += [write_left.eq(write_left - 1), owes_response.eq(write_left == 1)]
        with m.If(gave_r):
            m.d.sync += [read_left.eq(read_left - 1), fetched.eq(0)]
        with m.If(gave_b):
            m.d.sync += owes_response.eq(0)
        told = Mux(bad, Response.SLVERR, Response.OKAY)
        m.d.comb += [
            Assert(~(took_ar | took_aw) | ~busy),
            Assert(~(took_ar & took_aw)),
            Assert(~took_w | (write_left != 0)),
            Assert(~took_w | accessed),
            Assert(~accessed | Mux(bus.write, took_w, (read_left != 0) & ~fetched)),
            Assert(~axi.rvalid | ((read_left != 0) & fetched)),
            Assert(~axi.rvalid | (axi.rlast == (read_left == 1))),
            Assert(~axi.rvalid | ((axi.rid == owed_id) & (axi.rdata == data))),
            Assert(~axi.rvalid | (axi.rresp == told)),
            Assert(~axi.bvalid | (owes_response & (axi.bid == owed_id) & (axi.bresp == told))),
        ]

        # Something goes on unless the manager stalls; a request waits for one burst at most.
        stalls = (
            (axi.rvalid & ~axi.rready) | (axi.bvalid & ~axi.bready)
            | ((write_left != 0) & ~axi.wvalid)
            | ~(busy | axi.arvalid | axi.awvalid)
        )  # fmt: skip
        step = took_ar | took_aw | took_w | gave_r | gave_b
        still = Signal(range(_STEP_WITHIN + 2))
        m.d.sync += still.eq(Mux(step | stalls, 0, still + 1))
        passed_ar = lets_pass(m, axi.arvalid, took_ar, took_aw)
        passed_aw = lets_pass(m, axi.awvalid, took_aw, took_ar)
        m.d.comb += [Assert(still <= _STEP_WITHIN), Assert(passed_ar <= 1), Assert(passed_aw <= 1)]

        # How the subordinate itself keeps track.
        m.submodules.invariants = known = Module()
        reading, left, error = map(inside.register, ("reading", "left", "error"))
        idle, read = inside.ongoing("IDLE"), inside.ongoing("READ", "DATA")
        known.d.comb += [
            Assert(inside.in_a_state()),
            Assert(idle == ~busy),
            Assert(read == (read_left != 0)),
            Assert(inside.ongoing("WRITE") == (write_left != 0)),
            Assert(inside.ongoing("RESPONSE") == owes_response),
            Assert(idle | (reading == read)),
            Assert((passed_ar == 0) | (reading == idle)),
            Assert((passed_aw == 0) | (reading != idle)),
            Assert(~read | (left + 1 == read_left)),
            Assert(~inside.ongoing("WRITE") | (left + 1 == write_left)),
            Assert(idle | (Mux(reading, axi.rid, axi.bid) == owed_id)),
            Assert(~inside.ongoing("DATA", "WRITE", "RESPONSE") | (error == bad)),
            Assert(inside.ongoing("DATA") == fetched),
            Assert(~fetched | (axi.rdata == data)),
        ]
        return m


PROOF = Proof(
    name="axi3_front",
    claim=(
        "What is offered stays; a burst of any kind and length gets as many beats as it asked "
        "for, RLAST with the last alone, its own ID, SLVERR where an access had an error, and one "
        f"response to a write; something goes on within {_STEP_WITHIN} cycles where the registers "
        f"take {_DONE_WITHIN} and the manager does not stall; a request lets one burst pass."
    ),
    component=Axi3Front,
    bench=Axi3FrontBench,
    depth=12,
    induction=True,
    fault=Fault(
        "takes the last beat of a write for the one before",
        """                    with m.If(last):
                        m.next = "RESPONSE"
""",
        """                    with m.If(left == 1):
                        m.next = "RESPONSE"
""",
    ),
)
