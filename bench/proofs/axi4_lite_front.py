"""The AXI4-Lite subordinate answers every access, once."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.boards.axi.axi4_lite_front import Axi4LiteFront
from build_decoder.boards.axi.signatures import Response, axi4_lite
from build_decoder.sim.inside import Inside, keeps_offers, lets_pass
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_ADDRESS_BITS = 6
_DONE_WITHIN = 3
_STEP_WITHIN = _DONE_WITHIN + 2
"""Cycles within which something goes on: a cycle to look at the other direction, one to begin."""


class Axi4LiteFrontBench(wiring.Component):
    """Any manager that keeps what it offers, and registers that are done within some cycles."""

    def __init__(self, component: type):
        self.front = component(address_bits=_ADDRESS_BITS)
        super().__init__({
            "axi": In(axi4_lite(_ADDRESS_BITS)),
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
        waiting = Signal(range(_DONE_WITHIN + 1))
        m.d.sync += waiting.eq(Mux(bus.valid & ~self.done, waiting + 1, 0))
        m.d.comb += [
            Assume(keeps_offers(m, axi.arvalid, axi.arready, axi.araddr)),
            Assume(keeps_offers(m, axi.awvalid, axi.awready, axi.awaddr)),
            Assume(keeps_offers(m, axi.wvalid, axi.wready, Cat(axi.wdata, axi.wstrb))),
            Assume(bus.valid | ~self.done),
            Assume(waiting != _DONE_WITHIN),
            Assert(waiting <= _DONE_WITHIN),
        ]

        # What is offered stays.
        m.d.comb += [
            Assert(keeps_offers(m, axi.rvalid, axi.rready, Cat(axi.rdata, axi.rresp))),
            Assert(keeps_offers(m, axi.bvalid, axi.bready, axi.bresp)),
            Assert(keeps_offers(m, bus.valid, bus.done, Cat(bus.write, bus.address))),
        ]

        # What is owed: an access, then the answer to it.
        reads, writes, answer = Signal(), Signal(), Signal()
        address, data, bad = Signal(_ADDRESS_BITS - 2), Signal(32), Signal()
        took_ar, took_aw = axi.arvalid & axi.arready, axi.awvalid & axi.awready
        took_w, gave_r = axi.wvalid & axi.wready, axi.rvalid & axi.rready
        gave_b, accessed = axi.bvalid & axi.bready, bus.valid & bus.done
        busy = reads | writes
        with m.If(took_ar):
            m.d.sync += [reads.eq(1), address.eq(axi.araddr[2:])]
        with m.If(took_aw):
            m.d.sync += [writes.eq(1), address.eq(axi.awaddr[2:])]
        with m.If(accessed):
            m.d.sync += [answer.eq(1), data.eq(self.read), bad.eq(self.error)]
        with m.If(gave_r):
            m.d.sync += [reads.eq(0), answer.eq(0)]
        with m.If(gave_b):
            m.d.sync += [writes.eq(0), answer.eq(0)]
        told = Mux(bad, Response.SLVERR, Response.OKAY)
        m.d.comb += [
            Assert(~(took_ar | took_aw) | ~busy),
            Assert(~(took_ar & took_aw)),
            Assert(~accessed | (busy & ~answer & (bus.write == writes))),
            Assert(~accessed | (bus.address == address)),
            Assert(took_w == (accessed & bus.write)),
            Assert(~took_w | ((bus.data == axi.wdata) & (bus.strobes == axi.wstrb))),
            Assert(~axi.rvalid | (reads & answer & (axi.rdata == data) & (axi.rresp == told))),
            Assert(~axi.bvalid | (writes & answer & (axi.bresp == told))),
        ]

        # Something goes on unless the manager stalls; an access waits for one other at most.
        stalls = (
            (axi.rvalid & ~axi.rready) | (axi.bvalid & ~axi.bready)
            | (writes & ~answer & ~axi.wvalid)
            | ~(busy | axi.arvalid | axi.awvalid)
        )  # fmt: skip
        step = took_ar | took_aw | accessed | gave_r | gave_b
        still = Signal(range(_STEP_WITHIN + 2))
        m.d.sync += still.eq(Mux(step | stalls, 0, still + 1))
        passed_ar = lets_pass(m, axi.arvalid, took_ar, took_aw)
        passed_aw = lets_pass(m, axi.awvalid, took_aw, took_ar)
        m.d.comb += [Assert(still <= _STEP_WITHIN), Assert(passed_ar <= 1), Assert(passed_aw <= 1)]

        # How the subordinate itself keeps track.
        m.submodules.invariants = known = Module()
        reading, idle = ~bus.write, inside.ongoing("IDLE")
        known.d.comb += [
            Assert(inside.in_a_state()),
            Assert(idle == ~busy),
            Assert(inside.ongoing("RESPONSE") == answer),
            Assert(idle | ((reading == reads) & (reading == ~writes))),
            Assert(idle | (bus.address == address)),
            Assert((passed_ar == 0) | (reading == idle)),
            Assert((passed_aw == 0) | (reading != idle)),
            Assert(~answer | ((axi.rdata == data) & (axi.rresp == told))),
        ]
        return m


PROOF = Proof(
    name="axi4_lite_front",
    claim=(
        "What is offered stays; each read and each write makes one access to its own address, and "
        "gets one answer, with what the registers said; something goes on within "
        f"{_STEP_WITHIN} cycles where the registers take {_DONE_WITHIN} and the manager does not "
        "stall; an access lets one of the other kind pass."
    ),
    component=Axi4LiteFront,
    bench=Axi4LiteFrontBench,
    depth=12,
    induction=True,
    fault=Fault(
        "takes a read's address where a write is next",
        "Mux(reading, axi.araddr, axi.awaddr)[2:]",
        "Mux(axi.arvalid, axi.araddr, axi.awaddr)[2:]",
    ),
)
