"""Every access on the register bus is answered within a bound, whatever the loader does."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.boards.axi.register_bank import RegisterBank
from build_decoder.boards.axi.register_file import RegisterFile
from build_decoder.boards.axi.registers import register_map
from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.inside import Inside, keeps_offers, opened
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_INTERFACE = Interface(
    name="small", input_count=5, output_count=3, input_format=QFormat(4, 0),
    output_format=QFormat(8, 0), fingerprint=0,
)  # fmt: skip
_PATIENCE = 5
_CYCLES_BITS = 4
_INPUTS = (
    "input_word", "output_word", "busy", "done", "cycles", "dma_busy", "dma_error", "dma_refused",
    "frame_in", "frame_out", "fetch", "live", "load_data_ready", "load_command_ready",
)  # fmt: skip
_ACCESS = ("valid", "write", "address", "outside", "data", "strobes", "refused")


class RegisterFileBench(wiring.Component):
    """Accesses that stay until they are done; all else at any time, but for ``fetch``, which comes
    with the write that begins it. The patience is a short one."""

    def __init__(self, component: type):
        impatient = type(component.__name__, (component,), {"PATIENCE": _PATIENCE})
        registers = register_map(_INTERFACE, dma=True, image_words=8)
        self.file = impatient(registers, cycles_bits=_CYCLES_BITS)
        members = self.file.signature.members
        accesses = members["bus"].signature.members
        super().__init__({
            **{name: members[name] for name in _INPUTS},
            **{name: In(accesses[name].shape) for name in _ACCESS if name != "done"},
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        file, bus = self.file, self.file.bus
        bank, inside = opened(file).submodules.bank, Inside(file)
        m.submodules.file = inside.fragment
        for name in _INPUTS:
            m.d.comb += getattr(file, name).eq(getattr(self, name))
        for name in _ACCESS:
            m.d.comb += getattr(bus, name).eq(getattr(self, name))
        most = RegisterBank.BOUND + _PATIENCE
        waited = Signal(range(most + 2))
        m.d.sync += waited.eq(Mux(bus.valid & ~bus.done, waited + 1, 0))
        windowed = Signal()
        for window in file.registers.windows:
            place = bus.address - window.offset // 4
            with m.If(~bus.outside & (place >= 0) & (place < window.words)):
                m.d.comb += windowed.eq(1)
        for_loader = Signal()
        m.d.comb += for_loader.eq(bus.valid & ~windowed & ~bank.valid)
        access = Cat(bus.write, bus.address, bus.outside, bus.data, bus.strobes)
        m.d.comb += [
            Assume(keeps_offers(m, bus.valid, bus.done, access)),
            Assume(~self.fetch | file.dma_start),
            Assert(waited < most),
            Assert(~windowed | (waited < 2)),
            Assert(~for_loader | (waited < _PATIENCE)),
            Assert(~bus.done | bus.valid),
            Assert(~file.load_data | self.load_data_ready),
            Assert(~file.load_command | self.load_command_ready),
        ]

        # How long it may take yet: the bank's turns, as in its own proof.
        phase, clearing, cleared, fetching, number = map(
            inside.submodule("bank").register,
            ("phase", "clearing", "cleared", "fetching", "number"),
        )
        patience, in_window = map(inside.register, ("patience", "in_window"))
        turns = Mux(clearing, 32 - cleared, 0) + Mux(fetching, 4 - number, 0)
        left = Mux(bank.done, 0, 4 * turns + (3 - phase) + 1)
        m.submodules.invariants = known = Module()
        known.d.comb += [
            Assert(fetching | (number == 0)),
            Assert(~bank.done | ((phase == 0) & bus.valid & ~windowed)),
            Assert(~in_window | (bus.valid & windowed)),
            Assert(~windowed | (waited == in_window)),
            Assert(patience <= _PATIENCE),
            Assert((patience == 0) | (waited + patience == _PATIENCE)),
            Assert((patience != 0) | (waited >= _PATIENCE)),
            Assert(windowed | (patience != 0) | (waited + left < most)),
        ]
        return m


PROOF = Proof(
    name="register_file",
    claim=(
        f"Every access of a register is done within {RegisterBank.BOUND} cycles and as many as "
        "the file has patience with the loader, of a window within 2, whatever the loader does; a "
        "word or command is handed over only where it is taken."
    ),
    component=RegisterFile,
    bench=RegisterFileBench,
    depth=10,
    induction=True,
    fault=Fault(
        "counts as patience only cycles in which the loader is not ready",
        "with m.Elif(patience != 0):",
        "with m.Elif(waits):",
    ),
)
