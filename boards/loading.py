"""The board's side of loading weights: words out of requests as they come, and commands."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.protocol import Command as Requested
from build_decoder.boards.protocol import Status
from build_decoder.boards.request_receiver import Request
from build_decoder.hdl.parts.weight_loader import COMMANDS, Command
from build_decoder.hdl.planning.writable import WORD_BITS

__all__ = ["Loading"]

_COMMANDS = {
    Requested.COMMIT: Command.COMMIT,
    Requested.ROLLBACK: Command.ROLLBACK,
    Requested.VERIFY: Command.VERIFY,
}


class Loading(wiring.Component):
    """Hands words of LOAD requests on to a decoder, and carries out commands before their reply.

    The payload of a LOAD is the number of its first word in the image, in four bytes, and words.
    Words are handed on as they come, before the request's CRC: nothing counts until the image's own
    CRC has been checked by COMMIT. Number 0 begins an image anew; any other must be that of the
    next word, or else all words of the request are ignored.

    Requests go from ``i`` to ``o`` once all that they ask for has been done.

    Parameters
    ----------
    count_bits
        Bits of the decoder's count of words.

    Members
    -------
    start
        The next byte is the first of a payload.
    byte, taken
        A byte of the payload of a LOAD is taken.
    busy
        No more bytes can be taken.
    whole
        The bytes so far are a number and whole words.
    i, o
        Requests.
    words, command
        To the decoder.
    count
        Words that the decoder has taken.
    """

    def __init__(self, *, count_bits: int):
        super().__init__(
            {
                "start": In(1),
                "byte": In(8),
                "taken": In(1),
                "busy": Out(1),
                "whole": Out(1),
                "i": In(stream.Signature(Request)),
                "o": Out(stream.Signature(Request)),
                "words": Out(stream.Signature(WORD_BITS)),
                "command": Out(COMMANDS),
                "count": In(count_bits),
            }
        )

    def elaborate(self, platform):
        m = Module()
        word = Signal(WORD_BITS)
        bytes_in = Signal(2)
        numbered, sequential, begins, pending = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            begins.eq(word == 0),
            self.whole.eq(numbered & (bytes_in == 0)),
            self.words.payload.eq(word),
            self.o.payload.eq(self.i.payload),
            self.busy.eq(pending),
        ]
        with m.If(self.start):
            m.d.sync += [bytes_in.eq(0), numbered.eq(0)]
        with m.If(self.taken):
            m.d.sync += [
                word.eq(Cat(word[8:], self.byte)),
                bytes_in.eq(bytes_in + 1),
                pending.eq(bytes_in.all()),
            ]

        done = Signal()
        with m.If(pending):
            with m.If(~numbered):
                m.d.comb += [
                    self.command.valid.eq(begins),
                    done.eq(Mux(begins, self.command.ready, 1)),
                ]
            with m.Else():
                m.d.comb += [
                    self.words.valid.eq(sequential),
                    done.eq(Mux(sequential, self.words.ready, 1)),
                ]
        with m.If(done):
            m.d.sync += [pending.eq(0), numbered.eq(1)]
            with m.If(~numbered):
                m.d.sync += sequential.eq(begins | (word == self.count))

        # Once its words have been taken.
        answered = Signal()
        asked = Signal()
        with m.Switch(self.i.payload.command):
            for requested, command in _COMMANDS.items():
                with m.Case(requested):
                    m.d.comb += [
                        asked.eq(self.i.payload.status == Status.OK),
                        self.command.payload.eq(command),
                    ]
        with m.If(pending):
            m.d.comb += self.command.payload.eq(Command.BEGIN)
        with m.Elif(self.i.valid & asked & ~answered):
            m.d.comb += self.command.valid.eq(1)
            with m.If(self.command.ready):
                m.d.sync += answered.eq(1)
        with m.Else():
            m.d.comb += [self.o.valid.eq(self.i.valid), self.i.ready.eq(self.o.ready)]
            with m.If(self.o.valid & self.o.ready):
                m.d.sync += answered.eq(0)
        return m
