"""What a decoder has on a bus, in hardware: `boards.axi.registers`, register by register."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.register_bank import RegisterBank
from build_decoder.boards.axi.registers import RegisterMap
from build_decoder.boards.axi.signatures import register_bus

__all__ = ["RegisterFile"]

# By how soon their events have to be seen: an error by the access that follows its answer, a frame
# out by the one that follows a look at STATUS.
_COUNTERS = ("FRAMES_IN", "ERRORS", "FRAMES_OUT")
_NUMBER_BITS = 6  # registers are in the first 256 bytes


class RegisterFile(wiring.Component):
    """Answers accesses of the register bus, and begins work.

    A write reaches the bytes that its strobes name, in windows and registers alike. What acts by
    being written does so by its lowest byte; a word of an image must be whole.

    An access is answered with an error, and does nothing, at an address that is none; where a
    register is not read, or not written; in a window, while its frame is under way; of LOAD_DATA
    without all four strobes, of LOAD_COMMAND with an unknown command, and of either if the one
    before has not been taken within `PATIENCE` cycles. ERRORS counts answers: one a write, and one
    a word read, in a burst too.

    Accesses are done within 2 cycles in windows, and 5 elsewhere; where something else is under
    way, within `BOUND`.

    Parameters
    ----------
    registers
        The map.
    cycles_bits
        Bits of ``cycles``.

    Members
    -------
    bus : ``In``, see `signatures.register_bus`
    window_address, window_write, window_data : ``Out``
        To `Windows`.
    input_word, output_word : ``In``
        From `Windows`.
    start, dma_start, clear : ``Out``
        High for one cycle: begin. Never while anything is under way.
    clearing : ``In``
        Whether states are being cleared, of a continuous decoder.
    busy, done, cycles, dma_busy, dma_error : ``In``
        What STATUS and CYCLES tell.
    dma_refused : ``In``
        High for one cycle: the addresses that were begun with are not good.
    frame_in, frame_out : ``In``
        High for one cycle for each frame that the decoder took, and gave.
    fetch : ``In``
        High for one cycle: read SRC, DST and COUNT.
    given, word : ``Out``
        Bits 0, 1 and 2 are high for the cycle in which ``word`` is SRC, DST and COUNT.
    live : ``In``
        Of a decoder that is reloadable: words of FINGERPRINT, LOAD_STATUS, LOAD_WORDS and LAYOUT.
    load_data, load_command : ``Out``
        High for one cycle: ``bus.data`` is a word of an image, or a command.
    load_data_ready, load_command_ready : ``In``
        Whether one would be taken.
    """

    PATIENCE = 63
    BOUND = RegisterBank.BOUND + PATIENCE

    def __init__(self, registers: RegisterMap, *, cycles_bits: int):
        self.registers = registers
        words = max(window.words for window in registers.windows)
        super().__init__({
            "bus": In(register_bus(registers.address_bits)),
            "window_address": Out((words - 1).bit_length()),
            "window_write": Out(4),
            "window_data": Out(32),
            "input_word": In(32),
            "output_word": In(32),
            "start": Out(1),
            "dma_start": Out(1),
            "clear": Out(1),
            "clearing": In(1),
            "busy": In(1),
            "done": In(1),
            "cycles": In(cycles_bits),
            "dma_busy": In(1),
            "dma_error": In(1),
            "dma_refused": In(1),
            "frame_in": In(1),
            "frame_out": In(1),
            "fetch": In(1),
            "given": Out(3),
            "word": Out(32),
            "live": In(4 * 32),
            "load_data": Out(1),
            "load_command": Out(1),
            "load_data_ready": In(1),
            "load_command_ready": In(1),
        })  # fmt: skip

    def _number(self, name: str) -> int:
        return self.registers.register(name).offset // 4

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        registers = self.registers.registers
        first = self._number("SCRATCH")
        m.submodules.bank = bank = RegisterBank(
            constants=[r.reset for r in registers if r.offset // 4 < first],
            counters=[self._number(name) for name in _COUNTERS],
            fetched=0x040 // 4,
        )

        # Where it is, of registers that are stable while an access waits.
        in_block = ~bus.outside & (bus.address[_NUMBER_BITS :] == 0)
        number = bus.address[: _NUMBER_BITS]
        readable, writable, stored = Signal(), Signal(), Signal()
        with m.Switch(number):
            for register in registers:
                with m.Case(register.offset // 4):
                    m.d.comb += [
                        readable.eq("r" in register.access),
                        writable.eq("w" in register.access),
                        stored.eq(register.access == "rw"),
                    ]
        inside = {}
        for window in self.registers.windows:
            inside[window.name] = Signal(name=f"in_{window.name.lower()}")
            low = (window.size_bytes // 4 - 1).bit_length()
            m.d.comb += inside[window.name].eq(
                ~bus.outside
                & (bus.address[low:] == window.offset // window.size_bytes)
                & (bus.address[:low] < window.words)
            )
        windowed = Cat(inside.values()).any()

        # A word of a window comes a cycle after its address, at which the windows must be free.
        in_window = Signal()
        free = Signal()
        m.d.sync += [in_window.eq(bus.valid & windowed & ~in_window), free.eq(~self.busy)]

        # Whether it may act.
        allowed, waits = Signal(), Signal()
        m.d.comb += allowed.eq(
            (in_block & Mux(bus.write, writable, readable))
            | (free & (inside["INPUT"] | (inside["OUTPUT"] & ~bus.write)))
        )
        done = Signal()
        refused = self._loading(m, in_block, done, waits) if self.registers.reloadable else 0

        m.d.comb += [
            bank.address.eq(number[:5]),
            bank.valid.eq(bus.valid & ~windowed & ~waits),
            bank.write.eq(bus.write & in_block & stored),
            bank.data.eq(bus.data),
            bank.strobes.eq(bus.strobes),
            bank.events.eq(Cat(self.frame_in, bus.refused, self.frame_out)),
            bank.fetch.eq(self.fetch),
            self.given.eq(bank.given),
            self.word.eq(bank.read),
            done.eq(bank.done | in_window),
            bus.done.eq(done),
            bus.error.eq(~allowed | refused),
            self.window_address.eq(bus.address),
            self.window_data.eq(bus.data),
            self.window_write.eq(
                bus.strobes
                & (in_window & bus.write & inside["INPUT"] & free).replicate(4)
            ),
        ]
        live, is_live = self._live(m, number)
        with m.If(inside["INPUT"]):
            m.d.comb += bus.read.eq(self.input_word)
        with m.Elif(inside["OUTPUT"]):
            m.d.comb += bus.read.eq(self.output_word)
        with m.Elif(is_live):
            m.d.comb += bus.read.eq(live)
        with m.Else():
            m.d.comb += bus.read.eq(bank.read)
        return m

    def _live(self, m: Module, number) -> tuple[Signal, Signal]:
        """The register of ``number`` that is no memory, and whether it is one."""
        is_live, live = Signal(), Signal(32)
        refused = self._control(m, number)
        status = Cat(
            self.busy, self.done, self.dma_busy, self.dma_error, refused, self.clearing
        )
        sources = {"STATUS": status, "CYCLES": self.cycles}
        if self.registers.reloadable:
            names = ("FINGERPRINT", "LOAD_STATUS", "LOAD_WORDS", "LAYOUT")
            sources |= {name: self.live.word_select(n, 32) for n, name in enumerate(names)}
        with m.Switch(number):
            for name, source in sources.items():
                with m.Case(self._number(name)):
                    m.d.comb += [live.eq(source), is_live.eq(1)]
        return live, is_live

    def _control(self, m: Module, number) -> Signal:
        """Begin what CONTROL is told; whether the last of it was refused."""
        bus, refused = self.bus, Signal()
        free = ~self.busy & ~self.dma_busy & ~self.clearing
        written = Signal()
        m.d.comb += written.eq(
            bus.done & bus.write & ~bus.error & bus.strobes[0]
            & (bus.address == self._number("CONTROL"))
        )
        start, dma_start = bus.data[0], bus.data[1] if self.registers.dma else 0
        clear = bus.data[2] if self.registers.continuous else 0
        both = (start & dma_start) | (clear & (start | dma_start))
        m.d.comb += [
            self.start.eq(written & start & free & ~clear),
            self.dma_start.eq(written & dma_start & free & ~start & ~clear),
            self.clear.eq(written & clear & free & ~start & ~dma_start),
        ]
        with m.If(written & (start | dma_start | clear)):
            m.d.sync += refused.eq(~free | both)
        with m.If(self.dma_refused):
            m.d.sync += refused.eq(1)
        return refused

    def _loading(self, m: Module, in_block, done: Signal, waits: Signal):
        """Hand over words and commands of an image; whether an access is refused."""
        bus = self.bus
        to_data, to_command = (
            in_block & bus.write & (bus.address[:_NUMBER_BITS] == self._number(name))
            for name in ("LOAD_DATA", "LOAD_COMMAND")
        )
        blocked, patience = Signal(), Signal(range(self.PATIENCE + 1), init=self.PATIENCE)
        known = (bus.data[:8] != 0) & (bus.data[:8] <= 4)
        m.d.comb += [
            blocked.eq(
                (to_data & ~self.load_data_ready) | (to_command & ~self.load_command_ready)
            ),
            waits.eq(blocked & (patience != 0)),
        ]
        with m.If(~bus.valid | done):
            m.d.sync += patience.eq(self.PATIENCE)
        with m.Elif(patience != 0):
            m.d.sync += patience.eq(patience - 1)
        wrong = blocked | Mux(to_data, ~bus.strobes.all(), bus.strobes[0] & ~known)
        m.d.comb += [
            self.load_data.eq(done & to_data & ~wrong),
            self.load_command.eq(done & to_command & ~wrong & bus.strobes[0]),
        ]
        return (to_data | to_command) & wrong
