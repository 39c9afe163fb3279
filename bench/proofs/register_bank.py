"""Every access to a register is done within a bound."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.boards.axi.register_bank import RegisterBank
from build_decoder.sim.inside import Inside, keeps_offers
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_FIRST = 7
_INPUTS = ("address", "valid", "write", "data", "strobes", "events")


class RegisterBankBench(wiring.Component):
    """Accesses that stay until they are done; a write may begin a fetch in the cycle it is done."""

    def __init__(self, component: type):
        self.bank = component(constants=[0] * _FIRST, counters=[10, 11, 13], fetched=16)
        members = self.bank.signature.members
        super().__init__({"fetch": In(1), **{name: members[name] for name in _INPUTS}})

    def elaborate(self, platform):
        m = Module()
        bank, inside = self.bank, Inside(self.bank)
        m.submodules.bank = inside.fragment
        for name in _INPUTS:
            m.d.comb += getattr(bank, name).eq(getattr(self, name))
        m.d.comb += bank.fetch.eq(self.fetch & bank.done)
        waited = Signal(range(bank.BOUND + 2))
        m.d.sync += waited.eq(Mux(self.valid & ~bank.done, waited + 1, 0))
        access = Cat(self.address, self.write, self.data, self.strobes)
        m.d.comb += [
            Assume(keeps_offers(m, self.valid, bank.done, access)),
            Assert(waited < bank.BOUND),
            Assert(~bank.done | self.valid),
        ]

        # Every fourth cycle is for registers to clear, to fetch, and then for the access.
        phase, clearing, cleared, fetching, number = map(
            inside.register, ("phase", "clearing", "cleared", "fetching", "number")
        )
        turns = Mux(clearing, 32 - cleared, 0) + Mux(fetching, 4 - number, 0)
        left = Mux(bank.done, 0, 4 * turns + (3 - phase) + 1)
        m.submodules.invariants = known = Module()
        known.d.comb += [
            Assert(fetching | (number == 0)),
            Assert(~bank.done | (phase == 0)),
            Assert(waited + left < bank.BOUND),
        ]
        return m


PROOF = Proof(
    name="register_bank",
    claim=(
        f"Every access is done within {RegisterBank.BOUND} cycles, also after a reset and while "
        "others are fetched."
    ),
    component=RegisterBank,
    bench=RegisterBankBench,
    depth=10,
    induction=True,
    fault=Fault(
        "says that an access is done a cycle longer",
        "m.d.sync += self.done.eq(ours & self.valid & ~fetching & ~clearing)",
        "m.d.sync += self.done.eq(phase[1] & self.valid & ~fetching)",
    ),
)
