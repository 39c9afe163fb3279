"""The registers that are memory: constants, what software writes, and counters of events."""

from collections.abc import Sequence

from amaranth import C, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["RegisterBank"]

_PENDING_BITS = 3  # at most 4 events come between two looks at a counter


class RegisterBank(wiring.Component):
    """A memory of 32 registers, three of which count events.

    As flip-flops with a multiplexer they would take several times the logic. The memory's one read
    port goes round in 4 cycles: to each counter, which is written back a cycle later with the
    events since, and to the access that waits, if any. So an access is done within 5 cycles, and
    what it reads of a counter has all events until 4 cycles before it is done, 3 of the second
    counter, 6 of the third.

    After a reset, registers from ``first`` on are cleared, one in 4 cycles; an access waits.

    Parameters
    ----------
    constants
        What registers before ``first`` read: those are not written.
    counters
        Numbers of three registers that count; each from ``first`` on.
    fetched
        Number of the first of four registers that `fetch` reads, a multiple of 4.

    Members
    -------
    address : ``In``
        Number of a register.
    valid, write, data, strobes : ``In``
        An access; they stay until ``done``.
    done, read : ``Out``
        The access is done, and what it reads.
    events : ``In``
        One for each counter.
    fetch : ``In``
        High for one cycle: read the four registers that start at ``fetched``, before any access.
    given : ``Out``
        High for the cycle in which ``read`` is that one of them.
    """

    BOUND = 4 * (32 + 4) + 5
    """Cycles in which an access is done, whatever else is under way."""

    def __init__(self, *, constants: Sequence[int], counters: Sequence[int], fetched: int):
        self.constants = constants
        self.counters = counters
        self.fetched = fetched
        super().__init__({
            "address": In(5),
            "valid": In(1),
            "write": In(1),
            "data": In(32),
            "strobes": In(4),
            "done": Out(1),
            "read": Out(32),
            "events": In(3),
            "fetch": In(1),
            "given": Out(4),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        first = len(self.constants)
        # By name: a block RAM would be all but empty.
        m.submodules.memory = memory = Memory(
            shape=32, depth=32, init=self.constants, attrs={"ram_style": "distributed"}
        )
        read, write = memory.read_port(), memory.write_port()

        phase = Signal(2)
        m.d.sync += phase.eq(phase + 1)
        ours = phase == 3  # what is read in this phase is there in phase 0

        clearing = Signal(init=1)
        cleared = Signal(range(32), init=first)
        fetching = Signal()
        number = Signal(2)
        with m.Switch(phase):
            for turn, counter in enumerate(self.counters):
                with m.Case(turn):
                    m.d.comb += read.addr.eq(counter)
            with m.Default():
                m.d.comb += read.addr.eq(self.address)
                with m.If(fetching):
                    m.d.comb += read.addr.eq(Cat(number, C(self.fetched >> 2, 3)))
                with m.If(clearing):
                    m.d.comb += read.addr.eq(cleared)
        m.d.sync += write.addr.eq(read.addr)

        with m.If(ours & clearing):
            m.d.sync += cleared.eq(cleared + 1)
            with m.If(cleared == 31):
                m.d.sync += clearing.eq(0)
        last_cleared = Signal()
        m.d.sync += last_cleared.eq(ours & clearing)

        with m.If(self.fetch):
            m.d.sync += fetching.eq(1)
        m.d.sync += self.given.eq(0)
        with m.If(ours & fetching & ~clearing):
            m.d.sync += [number.eq(number + 1), self.given.eq(1 << number)]
            with m.If(number == 3):
                m.d.sync += fetching.eq(0)

        m.d.sync += self.done.eq(ours & self.valid & ~fetching & ~clearing)
        m.d.comb += self.read.eq(read.data)

        pending = [Signal(_PENDING_BITS, name=f"pending_{n}") for n in range(3)]
        added = Signal(_PENDING_BITS)
        with m.Switch(phase):
            for turn, waiting in enumerate(pending):
                m.d.sync += waiting.eq(waiting + self.events[turn])
                with m.Case(turn + 1):
                    m.d.comb += added.eq(waiting)
                    m.d.sync += waiting.eq(self.events[turn])
        # A counter, or what is written; bytes that are not, and registers that are read, stay.
        kept = []
        for number in range(4):
            written = self.done & self.write & self.strobes[number]
            byte = Mux(written, self.data.word_select(number, 8), read.data.word_select(number, 8))
            kept.append(byte & (~last_cleared).replicate(8))
        m.d.comb += [
            write.data.eq(Cat(kept) + added),
            write.en.eq(Mux(phase == 0, (self.done & self.write) | last_cleared, ~clearing)),
        ]
        return m
