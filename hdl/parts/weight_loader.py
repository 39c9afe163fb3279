"""Weight loader: words of an image into the banks that are not read, and the swap of banks."""

from amaranth import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.memory_port import MemoryPort
from build_decoder.hdl.parts.crc32 import Crc32
from build_decoder.hdl.parts.image_position import ImagePosition
from build_decoder.hdl.planning.image import MAGIC, ImageLayout
from build_decoder.hdl.planning.writable import WORD_BITS, Writable

__all__ = ["COMMANDS", "Command", "Error", "WeightLoader", "status_layout"]

_WORD = Writable("", 1, WORD_BITS)
_MAGIC, _LAYOUT, _FINGERPRINT, _FIRST_SECTION = range(4)


class Command(enum.Enum, shape=3):
    """What a loader is told."""

    BEGIN = 1
    """The next word is an image's first."""

    COMMIT = 2
    """Compute with the image that was written, from the next frame on."""

    ROLLBACK = 3
    """Compute with the weights before the last COMMIT again."""

    VERIFY = 4
    """Read the memories in use back, and compare their CRC with the image's."""


COMMANDS = stream.Signature(Command, payload_init=Command.BEGIN)
"""Signature of a stream of commands."""


class Error(enum.Enum, shape=4):
    """How the last command ended."""

    NONE = 0
    COUNT = 1
    """There are fewer or more words than an image has, or the command is unknown."""

    CRC = 2
    """The words' CRC is wrong."""

    LAYOUT = 3
    """They are no image, or one for another decoder."""

    NO_ROLLBACK = 4
    """There was no COMMIT since power-up or the last ROLLBACK, or words were written since."""

    VERIFY = 5
    """What the memories hold is not what was written."""


def status_layout(words: int) -> data.StructLayout:
    """Layout of a loader's status, of images of so many words."""
    return data.StructLayout(
        {
            "busy": 1,
            "staged": 1,
            "bank": 1,
            "can_roll_back": 1,
            "error": Error,
            "words": range(words + 2),
        }
    )


class WeightLoader(wiring.Component):
    """Takes images (:mod:`hdl.planning.image`) word by word and row by row writes them into the
    bank that is not in use.

    A word is taken every 32 cycles, a bit of the CRC a cycle. Commands wait for a word that is
    offered; a command is ``ready`` in the one cycle in which it has ended, and its error then
    stands in ``status`` until the next one ends. Words and commands each hold until ``ready``.

    A swap of banks, by COMMIT or ROLLBACK, raises ``hold``, waits for ``drained``, and takes a
    cycle. VERIFY does likewise and then takes about 33 cycles for each word of an image. After each
    of them, and after BEGIN, the next word is an image's first one again. So a COMMIT that is
    repeated is a COMMIT of no words: it changes nothing.

    A reset forgets words that came before it, and nothing else: which bank is in use, fingerprints
    and the way back stay, as memories do. Power-up has the built weights in bank 0.

    Parameters
    ----------
    layout
        Of images.

    Members
    -------
    words : ``In``, stream of 32 bits
    command : ``In``, stream of :class:`Command`
    status : ``Out``, :func:`status_layout`: ``staged`` is high while a whole and good image waits
        for COMMIT, and ``words`` are those since the image's first one, one more than an image has
        if there were too many
    fingerprint : ``Out``, 32, of the integer model whose weights are in use
    hold : ``Out``, 1
    drained : ``In``, 1
    memory_0, ... : ``Out``, ports of the memories, in the order of the layout's sections
    """

    def __init__(self, layout: ImageLayout):
        self.layout = layout
        ports = {
            f"memory_{number}": Out(MemoryPort(section))
            for number, section in enumerate(layout.sections)
        }
        super().__init__(
            {
                "words": In(stream.Signature(WORD_BITS)),
                "command": In(COMMANDS),
                "status": Out(status_layout(layout.words)),
                "fingerprint": Out(32),
                "hold": Out(1),
                "drained": In(1),
                **ports,
            }
        )

    @property
    def memories(self) -> list:
        """Ports of the memories."""
        return [getattr(self, f"memory_{n}") for n in range(len(self.layout.sections))]

    def elaborate(self, platform):
        m = Module()
        layout = self.layout
        parts = [_WORD, _WORD, _WORD, *layout.sections, _WORD]
        m.submodules.at = at = ImagePosition(parts)
        m.submodules.crc = crc = Crc32()
        in_crc = at.part == len(parts) - 1

        image = layout.image(layout.built)
        bank = Signal(reset_less=True)
        can_roll_back = Signal(reset_less=True)
        fingerprints = self._kept("fingerprint", int(image[_FINGERPRINT]))
        crcs = self._kept("crc", int(image[-1]))
        foreign = Signal()
        words = Signal(range(layout.words + 2))
        error = Signal(Error)
        begin, loading, rolling, held = Signal(), Signal(), Signal(), Signal()

        # The bit of this cycle, of a word that is offered and of what is known or in the memories.
        offered = self.words.payload.bit_select(at.bit, 1)
        known = Array(
            [
                Const(MAGIC, WORD_BITS).bit_select(at.bit, 1),
                Const(layout.layout_id, WORD_BITS).bit_select(at.bit, 1),
                self.fingerprint.bit_select(at.bit, 1),
                *[port.read for port in self.memories],
                Mux(bank, *[each.bit_select(at.bit, 1) for each in reversed(crcs)]),
            ]
        )[at.part]
        m.d.comb += [
            at.begin.eq(begin),
            crc.start.eq(begin),
            crc.enable.eq(at.shift),
            crc.bit.eq(Mux(rolling, known, offered)),
        ]

        taken = Signal()
        m.d.comb += [taken.eq(at.word_done & loading), self.words.ready.eq(taken)]
        row_words = max(part.row_words for part in parts)
        before = Signal(WORD_BITS * (row_words - 1))
        row = Cat(before, self.words.payload)
        with m.If(taken):
            m.d.sync += [
                before.eq(row[WORD_BITS:]),
                words.eq(words + (words != layout.words + 1)),
                can_roll_back.eq(0),
            ]
            for number in range(2):
                with m.If((at.part == _FINGERPRINT) & (bank != number)):
                    m.d.sync += fingerprints[number].eq(self.words.payload)
                with m.If((words == layout.words - 1) & (bank != number)):
                    m.d.sync += crcs[number].eq(self.words.payload)
        with m.If(loading & at.shift & (at.part < _FINGERPRINT) & (offered != known)):
            m.d.sync += foreign.eq(1)
        for number, (port, section) in enumerate(zip(self.memories, layout.sections, strict=True)):
            here = at.part == _FIRST_SECTION + number
            m.d.comb += [
                port.bank.eq(bank),
                port.hold.eq(held),
                port.roll.eq(rolling & here),
                port.step.eq(at.row_done),
                port.write.eq(at.row_done & loading & here),
                port.row.eq(at.row),
                port.data.eq(row[WORD_BITS * (row_words - section.row_words) :]),
                port.bit.eq(Cat(at.bit, at.word)),
            ]

        staged = Signal()
        m.d.comb += [
            staged.eq((words == layout.words) & crc.matches & ~foreign),
            self.fingerprint.eq(Mux(bank, *reversed(fingerprints))),
            self.status.staged.eq(staged),
            self.status.bank.eq(bank),
            self.status.can_roll_back.eq(can_roll_back),
            self.status.error.eq(error),
            self.status.words.eq(words),
        ]
        with m.If(begin):
            m.d.sync += [words.eq(0), foreign.eq(0)]

        command = self.command.payload
        misfit = Mux(
            words != layout.words, Error.COUNT, Mux(crc.matches, Error.LAYOUT, Error.CRC)
        )
        with m.FSM() as states:
            with m.State("IDLE"):
                m.d.comb += [loading.eq(1), at.shift.eq(self.words.valid)]
                with m.If(self.command.valid & ~self.words.valid):
                    m.d.sync += error.eq(Error.NONE)
                    m.next = "DONE"
                    with m.Switch(command):
                        with m.Case(Command.BEGIN):
                            m.d.comb += begin.eq(1)
                        with m.Case(Command.COMMIT):
                            m.d.sync += error.eq(Mux(staged, Error.NONE, misfit))
                            with m.If(staged):
                                m.next = "DRAIN"
                        with m.Case(Command.ROLLBACK):
                            m.d.sync += error.eq(Mux(can_roll_back, Error.NONE, Error.NO_ROLLBACK))
                            with m.If(can_roll_back):
                                m.next = "DRAIN"
                        with m.Case(Command.VERIFY):
                            m.d.comb += begin.eq(1)
                            m.next = "DRAIN"
                        with m.Default():
                            m.d.sync += error.eq(Error.COUNT)
            with m.State("DRAIN"), m.If(self.drained):
                m.next = "SWAP"
                with m.If(command == Command.VERIFY):
                    m.next = "FETCH"
            with m.State("SWAP"):
                m.d.comb += [held.eq(1), begin.eq(1)]
                m.d.sync += [bank.eq(~bank), can_roll_back.eq(command == Command.COMMIT)]
                m.next = "DONE"
            with m.State("FETCH"):
                m.d.comb += [held.eq(1), rolling.eq(1)]
                m.next = "ROLL"
            with m.State("ROLL"):
                m.d.comb += [held.eq(1), rolling.eq(1), at.shift.eq(1)]
                with m.If(at.row_done):
                    m.next = "FETCH"
                    with m.If(in_crc):
                        m.next = "CHECK"
            with m.State("CHECK"):
                m.d.comb += [held.eq(1), begin.eq(1)]
                m.d.sync += error.eq(Mux(crc.matches, Error.NONE, Error.VERIFY))
                m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += self.command.ready.eq(1)
                m.next = "IDLE"
        m.d.comb += [
            self.status.busy.eq(~states.ongoing("IDLE")),
            self.hold.eq(held | states.ongoing("DRAIN")),
        ]
        return m

    @staticmethod
    def _kept(name: str, first: int) -> list[Signal]:
        """A word for each bank, which no reset changes, as memories do not."""
        return [
            Signal(WORD_BITS, name=f"{name}_{bank}", init=init, reset_less=True)
            for bank, init in enumerate((first, 0))
        ]
