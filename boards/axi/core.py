"""A decoder behind the register bus, with or without a way to memory."""

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.frame_mover import FrameMover
from build_decoder.boards.axi.packing import DDR_BITS
from build_decoder.boards.axi.register_file import RegisterFile
from build_decoder.boards.axi.registers import RegisterMap, register_map
from build_decoder.boards.axi.signatures import axi3, register_bus
from build_decoder.boards.axi.windows import Windows
from build_decoder.hdl.planning.interface import Interface

__all__ = ["Core"]


class Core(wiring.Component):
    """Registers, windows, decoder and, if wanted, the way of frames from and to memory.

    They are connected so::

        bus --> RegisterFile <--> Windows ----+--> decoder --+
                      ^                       |              |
                      +---------> FrameMover -+  <-----------+
                                   |
                                 m_axi

    A frame of the windows and frames from memory exclude each other: the decoder's streams are
    switched where neither is under way.

    Parameters
    ----------
    decoder
        Component with streams ``i`` and ``o``, the integer model as ``model`` and documented
        times. If it is reloadable, it has the streams ``words`` and ``command``, ``status``,
        ``fingerprint`` and ``layout_id`` besides, and the layout of its images as ``images``. If it
        is continuous, it has ``clear`` and ``cleared``.
    memory_id_bits
        Bits of an ID on ``m_axi``; None if there is to be none.

    Attributes
    ----------
    registers : RegisterMap

    Members
    -------
    bus : ``In``, see `signatures.register_bus`
    m_axi : ``Out``, see `signatures.axi3`

    Raises
    ------
    InputError
        If a frame has more than 65,535 values at either end.
    """

    registers: RegisterMap

    def __init__(self, decoder, *, memory_id_bits: int | None):
        self.decoder = decoder
        self.memory_id_bits = memory_id_bits
        self.interface = Interface.of(decoder)
        self.reloadable = "words" in decoder.signature.members
        self.registers = register_map(
            self.interface,
            dma=memory_id_bits is not None,
            image_words=decoder.images.words if self.reloadable else None,
        )
        members = {"bus": In(register_bus(self.registers.address_bits))}
        if memory_id_bits is not None:
            members["m_axi"] = Out(axi3(data_bits=DDR_BITS, id_bits=memory_id_bits))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.decoder = self.decoder
        m.submodules.windows = windows = Windows(
            interface=self.interface, registers=self.registers
        )
        m.submodules.registers = registers = RegisterFile(
            self.registers, cycles_bits=len(windows.cycles)
        )
        wiring.connect(m, wiring.flipped(self.bus), registers.bus)
        m.d.comb += [
            windows.address.eq(registers.window_address),
            windows.write.eq(registers.window_write),
            windows.data.eq(registers.window_data),
            windows.start.eq(registers.start),
            registers.input_word.eq(windows.input_word),
            registers.output_word.eq(windows.output_word),
            registers.busy.eq(windows.busy),
            registers.done.eq(windows.done),
            registers.cycles.eq(windows.cycles),
        ]
        if self.memory_id_bits is None:
            wiring.connect(m, windows.x, self.decoder.i)
            wiring.connect(m, self.decoder.o, windows.y)
            m.d.comb += [
                registers.frame_in.eq(windows.given),
                registers.frame_out.eq(windows.taken),
            ]
        else:
            self._move(m, registers, windows)
        if self.reloadable:
            self._load(m, registers)
        if self.interface.continuous:
            clearing = Signal()
            m.d.comb += [self.decoder.clear.eq(clearing), registers.clearing.eq(clearing)]
            with m.If(self.decoder.cleared):
                m.d.sync += clearing.eq(0)
            with m.If(registers.clear):
                m.d.sync += clearing.eq(1)
        return m

    def _move(self, m: Module, registers: RegisterFile, windows: Windows) -> None:
        """Add the way to memory."""
        m.submodules.mover = mover = FrameMover(
            interface=self.interface, id_bits=self.memory_id_bits
        )
        wiring.connect(m, mover.axi, wiring.flipped(self.m_axi))
        x, y = self.decoder.i, self.decoder.o
        m.d.comb += [
            mover.start.eq(registers.dma_start),
            mover.given.eq(registers.given),
            mover.word.eq(registers.word),
            registers.fetch.eq(mover.fetch),
            registers.dma_busy.eq(mover.busy),
            registers.dma_error.eq(mover.error),
            registers.dma_refused.eq(mover.refused),
            registers.frame_in.eq(windows.given | mover.given_frame),
            registers.frame_out.eq(windows.taken | mover.taken_frame),
            windows.y.payload.eq(y.payload),
            mover.y.payload.eq(y.payload),
        ]
        with m.If(mover.busy):
            m.d.comb += [
                x.payload.eq(mover.x.payload),
                x.valid.eq(mover.x.valid),
                mover.x.ready.eq(x.ready),
                mover.y.valid.eq(y.valid),
                y.ready.eq(mover.y.ready),
            ]
        with m.Else():
            m.d.comb += [
                x.payload.eq(windows.x.payload),
                x.valid.eq(windows.x.valid),
                windows.x.ready.eq(x.ready),
                windows.y.valid.eq(y.valid),
                y.ready.eq(windows.y.ready),
            ]

    def _load(self, m: Module, registers: RegisterFile) -> None:
        """Add the registers of a decoder whose weights can be loaded."""
        decoder, bus = self.decoder, registers.bus
        for stream, written, free in (
            (decoder.words, registers.load_data, registers.load_data_ready),
            (decoder.command, registers.load_command, registers.load_command_ready),
        ):
            payload = Value.cast(stream.payload)
            offered, held = Signal(), Signal.like(payload)
            m.d.comb += [payload.eq(held), stream.valid.eq(offered), free.eq(~offered)]
            with m.If(offered & stream.ready):
                m.d.sync += offered.eq(0)
            with m.If(written):
                m.d.sync += [offered.eq(1), held.eq(bus.data)]
        status = decoder.status
        busy = status.busy | decoder.words.valid | decoder.command.valid
        flags = Cat(busy, status.staged, status.bank, status.can_roll_back)
        told = flags | Value.cast(status.error) << 8
        words = (decoder.fingerprint, told, status.words, decoder.layout_id)
        for number, word in enumerate(words):
            m.d.comb += registers.live.word_select(number, 32).eq(word)
