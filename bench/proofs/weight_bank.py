"""A weight memory shows rows of the bank in use alone."""

import numpy as np
from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.planning.writable import Writable
from build_decoder.sim.inside import Inside, opened
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_ROWS, _WIDTH = 3, 4


def _following(row: Value) -> Value:
    """The row behind one."""
    return Mux(row == _ROWS - 1, 0, row + 1)


class WeightBankBench(wiring.Component):
    """Rows written and read at any time; the bank changes under ``hold``, as `bank_swap` says.

    Of one row of each bank, which the solver chooses, the bench knows what was written last.
    """

    advance: In(1)
    bank: In(1)
    hold: In(1)
    roll: In(1)
    step: In(1)
    write: In(1)
    row: In(range(_ROWS))
    data: In(_WIDTH)
    chosen: In(range(_ROWS))

    def __init__(self, component: type):
        self.weights = component(
            shape=unsigned(_WIDTH), layout=(1, 1), memory=Writable("weight", _ROWS, _WIDTH),
            rows=np.zeros((_ROWS, _WIDTH), dtype=bool),
        )  # fmt: skip
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        weights, port = self.weights, self.weights.memory
        memory = opened(weights).submodules.memory
        looks = [memory.read_port(domain="comb") for _ in range(2)]
        inside = Inside(weights)
        m.submodules.weights = inside.fragment
        m.d.comb += [
            weights.advance.eq(self.advance & weights.ready & ~self.hold),
            *(
                getattr(port, name).eq(getattr(self, name))
                for name in ("bank", "hold", "roll", "step", "write", "row", "data")
            ),
        ]

        # The loader. Rows that are read back are gone from the registers before `hold` ends.
        bank, held, running, rolled = Signal(), Signal(), Signal(), Signal()
        chosen = Signal.like(self.chosen)
        m.d.sync += [bank.eq(self.bank), held.eq(self.hold), running.eq(1), chosen.eq(self.chosen)]
        with m.If(self.hold):
            m.d.sync += rolled.eq(self.roll)
        m.d.comb += [
            Assume(Mux(running, (self.bank == bank) | held, ~self.bank)),
            Assume(~running | (self.chosen == chosen)),
            Assume((self.chosen < _ROWS) & (self.row < _ROWS)),
            Assume(self.hold | ~(self.roll | rolled)),
            Assume(~(self.write & self.hold)),
        ]

        # What the chosen rows hold; at power-up all rows are zero.
        kept = [Signal(_WIDTH, name=f"kept_{number}") for number in range(2)]
        for number, look in enumerate(looks):
            with m.If(self.write & (self.row == self.chosen) & (self.bank != number)):
                m.d.sync += kept[number].eq(self.data)
            m.d.comb += look.addr.eq(Cat(C(number, 1), self.chosen))
        right = Mux(self.bank, kept[1], kept[0])

        # Whoever takes rows has one in a register, and goes round from row 0 on.
        used, shown = Signal(_WIDTH), Signal(range(_ROWS))
        with m.If(weights.load):
            m.d.sync += used.eq(weights.weights.as_value())
        with m.If(self.hold):
            m.d.sync += shown.eq(0)
        with m.Elif(weights.advance):
            m.d.sync += shown.eq(_following(shown))
        with m.If(weights.ready & (shown == self.chosen)):
            m.d.comb += Assert(used == right)

        # Which row is where.
        m.submodules.invariants = known = Module()
        address, fetched = inside.register("address"), inside.register("fetched")
        known.d.comb += [Assert(look.data == kept[n]) for n, look in enumerate(looks)]
        with known.If(~rolled):
            with known.If(weights.ready):
                known.d.comb += [Assert(fetched), Assert(address == _following(_following(shown)))]
            with known.Else():
                known.d.comb += [Assert(shown == 0), Assert(address == fetched)]
            fetched_row = Mux(weights.ready, _following(shown), 0)
            with known.If(fetched & (fetched_row == self.chosen)):
                known.d.comb += Assert(weights.weights.as_value() == right)
        with known.Else():
            known.d.comb += [Assert(~weights.ready), Assert(shown == 0)]
        known.d.comb += Assert((address < _ROWS) & (shown < _ROWS))
        return m


PROOF = Proof(
    name="weight_bank",
    claim=(
        "Rows come round and round from row 0 on, each as it was last written to the bank in use, "
        "whatever was read ahead before a swap."
    ),
    component=WritableWeightMemory,
    bench=WeightBankBench,
    depth=12,
    induction=True,
    fault=Fault(
        "keeps the row that was read ahead from the other bank",
        "m.d.sync += [address.eq(0), fetched.eq(0)]",
        "m.d.sync += address.eq(0)",
    ),
)
