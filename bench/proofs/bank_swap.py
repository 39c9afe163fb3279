"""No frame sees two banks of weights."""

from types import SimpleNamespace

import numpy as np
from amaranth import Module, Shape, Signal, Value
from amaranth.hdl import Assert
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.bench.proofs.frame_gate import UnderWay
from build_decoder.hdl.parts.frame_gate import FrameGate
from build_decoder.hdl.parts.weight_loader import Command, WeightLoader
from build_decoder.hdl.planning.image import CRC_WORDS, HEADER_WORDS, Section
from build_decoder.sim.inside import Inside
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_SECTIONS = (Section("weight", 2, 40), Section("bias", 1, 8))


def _layout() -> SimpleNamespace:
    """What a loader asks of a `hdl.planning.image.ImageLayout`, of two small memories."""
    words = HEADER_WORDS + sum(section.words for section in _SECTIONS) + CRC_WORDS
    return SimpleNamespace(
        sections=_SECTIONS, words=words, layout_id=0x12345678, built=None,
        image=lambda model: np.arange(words, dtype=np.uint32),
    )  # fmt: skip


class BankSwapBench(wiring.Component):
    """Loader and gate as in a reloadable decoder; words, commands and frames at any time."""

    def __init__(self, component: type):
        self.loader = component(_layout())
        self.gate = UnderWay.gate(FrameGate)
        super().__init__({
            "words": In(32),
            "words_valid": In(1),
            "command": In(Shape.cast(Command).width),
            "command_valid": In(1),
            "offered": In(1),
            "ready": In(1),
            "given": In(1),
            "read": In(len(_SECTIONS)),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        loader, gate = self.loader, self.gate
        swapping, gating = Inside(loader), Inside(gate)
        m.submodules.loader, m.submodules.gate = swapping.fragment, gating.fragment
        memories = loader.memories
        m.d.comb += [
            loader.words.payload.eq(self.words),
            loader.words.valid.eq(self.words_valid),
            Value.cast(loader.command.payload).eq(self.command),
            loader.command.valid.eq(self.command_valid),
            gate.i.valid.eq(self.offered),
            gate.o.ready.eq(self.ready),
            gate.given.eq(self.given),
            gate.hold.eq(loader.hold),
            loader.drained.eq(gate.drained),
            *(port.read.eq(self.read[n]) for n, port in enumerate(memories)),
        ]
        begins = gate.o.valid & gate.o.ready
        under_way = UnderWay(m, gating, taken=begins, given=self.given)
        under_way.invariants.d.comb += [
            Assert(swapping.in_a_state()),
            Assert(~swapping.ongoing("SWAP", "FETCH", "ROLL", "CHECK") | gate.drained),
        ]
        running = Signal()
        m.d.sync += running.eq(1)
        rests = (under_way.frames == 0) & ~begins
        for number, port in enumerate(memories):
            bank, held = Signal(name=f"bank_{number}"), Signal(name=f"held_{number}")
            m.d.sync += [bank.eq(port.bank), held.eq(port.hold)]
            m.d.comb += [
                Assert(~running | (port.bank == bank) | held),
                Assert(~port.hold | rests),
                Assert(~port.write | ~port.hold),
            ]
        return m


PROOF = Proof(
    name="bank_swap",
    claim=(
        "The bank in use changes only while no frame is under way and none begins, whatever words "
        "and commands come."
    ),
    component=WeightLoader,
    bench=BankSwapBench,
    depth=6,
    induction=True,
    fault=Fault(
        "swaps without waiting for the frames under way",
        'with m.State("DRAIN"), m.If(self.drained):',
        'with m.State("DRAIN"), m.If(1):',
    ),
)
