"""A FIFO loses nothing and keeps the order."""

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In

from build_decoder.hdl.adapters.fifo.component import Fifo
from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.inside import keeps_offers, opened
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_DEPTH = 4  # three places in the memory: addresses wrap before their bits do
_COUNT_BITS = 3  # counts wrap, but tell apart all that is inside


class FifoBench(wiring.Component):
    """The transfer of any number ``chosen`` that comes in goes out with that number.

    Its invariants tell where the chosen transfer is while it is inside.
    """

    def __init__(self, component: type):
        tensor = Tensor(shape=(8,), format=QFormat(2, 0), lanes=1)
        self.fifo = component(FifoPlan(tensor=tensor, depth=_DEPTH))
        self.width = tensor.payload_width
        super().__init__({
            "i": In(stream.Signature(self.width)),
            "taken": In(1),
            "chosen": In(_COUNT_BITS),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = fifo = self.fifo
        body = opened(fifo)
        buffered = body.submodules.fifo
        storage = opened(buffered).submodules.storage
        words = storage.depth
        produce, consume = storage.write_ports[0].addr, storage.read_ports[0].addr
        look = storage.read_port(domain="comb")
        m.d.comb += [
            self.i.ready.eq(fifo.i.ready),
            fifo.i.valid.eq(self.i.valid),
            fifo.i.payload.eq(self.i.payload),
            fifo.o.ready.eq(self.taken),
        ]
        chosen, started = Signal.like(self.chosen), Signal()
        m.d.sync += [chosen.eq(self.chosen), started.eq(1)]
        m.d.comb += Assume(~started | (self.chosen == chosen))

        came, went = Signal(_COUNT_BITS), Signal(_COUNT_BITS)
        kept = Signal(self.width)
        with m.If(fifo.i.valid & fifo.i.ready):
            m.d.sync += came.eq(came + 1)
            with m.If(came == self.chosen):
                m.d.sync += kept.eq(self.i.payload)
        out = Signal(self.width)
        m.d.comb += out.eq(fifo.o.payload)
        with m.If(fifo.o.valid & fifo.o.ready):
            m.d.sync += went.eq(went + 1)

        # Where the chosen transfer is, counted from the one that leaves next.
        inside, ahead = Signal(_COUNT_BITS), Signal(_COUNT_BITS)
        stored = Signal(range(words + 1))

        def wrapped(address: Value) -> Value:
            """Of an address that is less than a round too far."""
            return Mux(address >= words, address - words, address)

        place = Signal(range(2 * words + 2))
        m.d.comb += [
            inside.eq(came - went),
            ahead.eq(self.chosen - went),
            stored.eq(buffered.level - fifo.o.valid),
            place.eq(consume + ahead - fifo.o.valid),
            look.addr.eq(wrapped(place)),
            Assert(~fifo.o.valid | (inside != 0)),
            Assert(~fifo.o.valid | (ahead != 0) | (out == kept)),
        ]
        m.submodules.invariants = known = Module()
        known.d.comb += [
            Assert(inside == buffered.level),
            Assert(stored <= words),
            Assert((produce < words) & (consume < words)),
            Assert(produce == wrapped(consume + stored)),
            Assert((ahead >= inside) | ((ahead == 0) & fifo.o.valid) | (look.data == kept)),
        ]

        # The rules of a stream, and that what is inside is offered after a cycle at most.
        waiting = Signal()
        m.d.sync += waiting.eq((inside != 0) & ~fifo.o.valid)
        m.d.comb += [
            Assert(keeps_offers(m, fifo.o.valid, fifo.o.ready, out)),
            Assert(~waiting | fifo.o.valid),
        ]
        return m


PROOF = Proof(
    name="fifo",
    claim="What goes in comes out, once and in order; what is offered stays until it is taken.",
    component=Fifo,
    bench=FifoBench,
    depth=12,
    induction=True,
    fault=Fault(
        "takes a transfer while it is full",
        "self.i.ready.eq(fifo.w_rdy)",
        "self.i.ready.eq(fifo.w_rdy | self.o.ready)",
    ),
)
