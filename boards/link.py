"""The board's end of the host protocol, between a byte stream and a decoder's streams."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from build_decoder.boards.byte_memory import byte_memory
from build_decoder.boards.byte_reader import ByteReader
from build_decoder.boards.checksum import Checksum
from build_decoder.boards.feasibility import check_frame
from build_decoder.boards.frame_feeder import FrameFeeder
from build_decoder.boards.loading import Loading
from build_decoder.boards.protocol import (
    PROTOCOL,
    Command,
    Info,
    LoadState,
    Protocol,
    Status,
    element_bytes,
)
from build_decoder.boards.replier import Replier
from build_decoder.boards.request_receiver import RequestReceiver
from build_decoder.hdl.parts.weight_loader import COMMANDS, status_layout
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.planning.writable import WORD_BITS
from build_decoder.hdl.shapes import shape_of

__all__ = ["Link"]


class Link(wiring.Component):
    """Answers the requests of ``boards.protocol``, one after the other.

    ::

        i --> RequestReceiver ---- request ----> Replier --> o
                  |      |                       |  ^  ^
                  |      +------> Checksum <-----+  |  |
                  v                                 |  +---- y
               memory --> ByteReader -- contents ---+
                              |         of INFO
                              +-------> FrameFeeder -------> x

    A frame is kept in a byte memory until its CRC has proved right; only then does the decoder see
    it. It is fed at one byte in 2 cycles (and one more cycle a transfer), far above the rate of the
    UART; the reply streams the decoder's outputs as they come, so the decoder may be stalled. What
    arrives meanwhile is not taken from ``i``: put a FIFO of `request_bytes` before it, and a host
    may send a request while another is answered.

    Parameters
    ----------
    interface
        Counts, formats and fingerprint of the decoder.
    lanes
        Input values a transfer of the decoder.
    byte_cycles
        Clock cycles that a byte takes on the line.
    protocol
        Protocol constants.

    Members
    -------
    i, o
        Bytes from and to the host.
    x, y
        To the decoder's inputs, ``lanes`` values a transfer, and from its outputs, one a transfer.
        Lanes behind the end of a frame hold arbitrary values.
    answered
        High for one cycle for each frame whose outputs have all been sent.
    rejected
        High for one cycle for each request that is answered with an error, or dropped for pausing.
    clear, cleared
        Of a continuous decoder: to and from its ports of these names.
    words, command, status, fingerprint
        Of a decoder whose weights can be loaded: to and from its ports of these names.

    Raises
    ------
    InputError
        If a frame does not fit the 16-bit length of a request or a reply.
    """

    def __init__(
        self,
        interface: Interface,
        *,
        lanes: int,
        byte_cycles: int,
        protocol: Protocol = PROTOCOL,
    ):
        check_frame(interface)
        self.interface = interface
        self.lanes = lanes
        self.byte_cycles = byte_cycles
        self.protocol = protocol
        self.frame_bytes = interface.input_count * element_bytes(interface.input_format)
        self.reply_bytes = interface.output_count * element_bytes(interface.output_format)
        self.request_bytes = protocol.request_bytes(self.frame_bytes)
        """Bytes of the longest request that is answered with OK."""
        x_shape = ArrayLayout(shape_of(interface.input_format), lanes)
        y_shape = ArrayLayout(shape_of(interface.output_format), 1)
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "o": Out(stream.Signature(8)),
                "x": Out(stream.Signature(x_shape)),
                "y": In(stream.Signature(y_shape)),
                "answered": Out(1),
                "rejected": Out(1),
                **(self._load_ports() if interface.reloadable else {}),
                **({"clear": Out(1), "cleared": In(1)} if interface.continuous else {}),
            }
        )

    def _load_ports(self) -> dict:
        return {
            "words": Out(stream.Signature(WORD_BITS)),
            "command": Out(COMMANDS),
            "status": In(status_layout(self.interface.image_words)),
            "fingerprint": In(32),
        }

    def elaborate(self, platform):
        m = Module()
        interface, protocol = self.interface, self.protocol
        m.submodules.receiver = receiver = RequestReceiver(
            frame_bytes=self.frame_bytes,
            byte_cycles=self.byte_cycles,
            protocol=protocol,
            loads=interface.reloadable,
            clears=bool(interface.continuous),
        )
        feeder = FrameFeeder(format=interface.input_format, lanes=self.lanes)
        m.submodules.feeder = feeder
        m.submodules.replier = replier = Replier(interface, protocol=protocol)
        m.submodules.checksum = checksum = Checksum(protocol)
        info = Info.of(interface).pack()
        if interface.reloadable:
            # Places for the state, none of which is in the memory.
            info = bytes(LoadState.LAYOUT.size) + info
        contents = [0] * self.frame_bytes + list(reversed(info))
        depth = len(contents)
        m.submodules.reader = reader = ByteReader(depth=depth, beyond=feeder.row_bytes)
        # One address for both: a port of its own for each is more logic, where families' block RAMs
        # do not say what is read from where is just written.
        address = Signal(range(depth))
        # As registers the frame would outgrow the rest of the shell.
        held = byte_memory(
            m, contents, platform, read_at=address, write_at=address, write=receiver.write,
            byte=receiver.byte, in_blocks=True,
        )  # fmt: skip
        answering = receiver.o.valid

        wiring.connect(m, wiring.flipped(self.i), receiver.i)
        requests = receiver.o
        if interface.reloadable:
            requests = self._connect_loading(m, receiver, replier, reader, depth)
        if interface.continuous:
            self._connect_clearing(m, requests, replier)
        else:
            wiring.connect(m, requests, replier.i)
        if not interface.reloadable:
            m.d.comb += [
                reader.first.eq(Mux(replier.tell, depth - 1, self.frame_bytes - 1)),
                replier.info.payload.eq(reader.o.payload),
            ]
        wiring.connect(m, wiring.flipped(self.o), replier.o)
        wiring.connect(m, wiring.flipped(self.x), feeder.o)
        wiring.connect(m, wiring.flipped(self.y), replier.y)
        m.d.comb += [
            address.eq(Mux(answering, reader.address, receiver.address)),
            reader.byte.eq(held),
            reader.start.eq(replier.feed | replier.tell),
            reader.o.ready.eq(feeder.i.ready | replier.info.ready),
            feeder.i.payload.eq(reader.o.payload),
            feeder.i.valid.eq(reader.o.valid),
            replier.info.valid.eq(reader.o.valid),
            feeder.start.eq(replier.feed),
            feeder.ended.eq(reader.ended),
            replier.fed.eq(feeder.idle),
            # A request is answered before the next is received: one CRC is enough.
            checksum.i.eq(Mux(answering, replier.covered, receiver.covered)),
            receiver.intact.eq(checksum.intact),
            replier.crc.eq(checksum.crc),
            replier.settled.eq(checksum.settled),
            self.answered.eq(replier.answered),
            self.rejected.eq(receiver.dropped | replier.refused),
        ]
        return m

    def _connect_clearing(self, m, requests, replier) -> None:
        """A RESET is answered once states are cleared. All frames before it have been answered."""
        request, done = requests.payload, Signal()
        asks = (request.command == Command.RESET) & (request.status == Status.OK)
        m.d.comb += [
            self.clear.eq(requests.valid & asks & ~done),
            replier.i.payload.eq(request),
            replier.i.valid.eq(requests.valid & (~asks | done)),
            requests.ready.eq(replier.i.ready),
        ]
        with m.If(self.clear & self.cleared):
            m.d.sync += done.eq(1)
        with m.If(replier.i.valid & replier.i.ready):
            m.d.sync += done.eq(0)

    def _connect_loading(self, m, receiver, replier, reader, depth: int):
        """Requests go through `Loading`, and replies tell of weights what the decoder does; returns
        the stream of requests that have been carried out."""
        m.submodules.loading = loading = Loading(count_bits=len(self.status.words))
        wiring.connect(m, receiver.o, loading.i)
        wiring.connect(m, loading.words, wiring.flipped(self.words))
        wiring.connect(m, loading.command, wiring.flipped(self.command))
        state = depth - 1
        information = state - LoadState.LAYOUT.size
        told = Mux(replier.i.payload.command == Command.INFO, information, state)
        flags = Cat(self.status.staged, self.status.bank, self.status.can_roll_back)
        words = Cat(self.status.words, Const(0, 32 - len(self.status.words)))
        living = {
            information - Info.FINGERPRINT_AT: self.fingerprint,
            state: Cat(flags, Const(0, 8 - len(flags))),
            state - 1: Cat(self.status.error, Const(0, 4)),
            state - 2: words,
            state - 6: self.fingerprint,
        }
        m.d.comb += [
            loading.start.eq(receiver.load_start),
            loading.byte.eq(receiver.byte),
            loading.taken.eq(receiver.load),
            loading.count.eq(self.status.words),
            receiver.load_busy.eq(loading.busy),
            receiver.load_whole.eq(loading.whole),
            reader.first.eq(Mux(replier.tell, told, self.frame_bytes - 1)),
            replier.info.payload.eq(reader.o.payload),
        ]
        with m.Switch(reader.address):
            for first, value in living.items():
                for number in range(len(value) // 8):
                    with m.Case(first - number):
                        m.d.comb += replier.info.payload.eq(value.word_select(number, 8))
        return loading.o
