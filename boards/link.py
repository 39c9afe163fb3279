"""The board's end of the host protocol, between a byte stream and a decoder's streams."""

from amaranth import C, Cat, Module, Mux, Shape, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.crc import Algorithm
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.boards.feasibility import check_frame
from build_decoder.boards.protocol import PROTOCOL, Command, Info, Protocol, Status, element_bytes
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.shapes import shape_of

__all__ = ["Link"]


class Link(wiring.Component):
    """Answers the requests of ``boards.protocol``, one after the other.

    A frame is kept in a byte memory until its CRC has proved right; only then does the decoder see
    it. It is fed at one byte in 2 cycles (and one more cycle a transfer), far above the rate of the
    UART; the reply streams the decoder's outputs as they come, so the decoder may be stalled. What
    arrives meanwhile is not taken from ``i``: put a FIFO of `request_bytes` before it, and a host
    may send a request while another is answered.

    The contents of an INFO reply lie in the same memory, behind the frame.

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
            }
        )

    def elaborate(self, platform):
        m = Module()
        protocol, interface = self.protocol, self.interface
        info = Info.of(interface).pack()
        input_bytes = element_bytes(interface.input_format)
        output_bytes = element_bytes(interface.output_format)
        beats = -(-interface.input_count // self.lanes)

        # Block RAM by name: as registers the frame would outgrow the rest of the shell.
        m.submodules.memory = memory = Memory(
            shape=8,
            depth=self.frame_bytes + len(info),
            init=[0] * self.frame_bytes + list(info),
            attrs={"ram_style": "block"},
        )
        write, read = memory.write_port(), memory.read_port()
        address = Signal(range(memory.depth))
        m.d.comb += [write.addr.eq(address), read.addr.eq(address)]

        algorithm = Algorithm(
            crc_width=16,
            polynomial=protocol.crc_polynomial,
            initial_crc=protocol.crc_initial,
            reflect_input=False,
            reflect_output=False,
            xor_output=0,
        )
        m.submodules.crc = crc = algorithm(data_width=8).create()

        # Bytes pass a register on the way in and out, which cuts the paths to FIFO and UART.
        byte, byte_valid, take = Signal(8), Signal(), Signal()
        m.d.comb += self.i.ready.eq(~byte_valid)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [byte.eq(self.i.payload), byte_valid.eq(1)]
        with m.If(take & byte_valid):
            m.d.sync += byte_valid.eq(0)
        m.d.comb += write.data.eq(byte)

        # The CRC sees bytes one cycle late, which takes it out of the path of the state.
        receiving, covered, restart = Signal(), Signal(), Signal()
        m.d.sync += crc.start.eq(restart)
        with m.If(receiving):
            m.d.sync += [crc.data.eq(byte), crc.valid.eq(byte_valid & take)]
        with m.Else():
            m.d.sync += [
                crc.data.eq(self.o.payload),
                crc.valid.eq(self.o.valid & self.o.ready & covered),
            ]
        free = Signal()
        m.d.comb += free.eq(~self.o.valid & ~crc.valid)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self.o.valid.eq(0)

        # Up to the next power of two, where one bit tells that time is up.
        idle = Signal((protocol.idle_byte_times * self.byte_cycles - 1).bit_length() + 1)
        expired = idle[-1]
        with m.If(~receiving | byte_valid):
            m.d.sync += idle.eq(0)
        with m.Else():
            m.d.sync += idle.eq(idle + 1)

        command, tag, length = Signal(8), Signal(8), Signal(16)
        header = Cat(command, tag, length)
        status = Signal(8)
        empty, framed = Signal(), Signal()
        count = Signal(3)

        row = Signal(8 * input_bytes * self.lanes)
        row_left = Signal(range(len(row) // 8))
        left = Signal(range(max(beats, len(info))))
        for lane in range(self.lanes):
            start = lane * 8 * input_bytes
            m.d.comb += self.x.payload[lane].eq(row[start : start + interface.input_format.width])
        outputs_left = Signal(range(interface.output_count))
        output = Signal(Shape(8 * output_bytes, interface.output_format.signed))
        m.d.comb += output.eq(self.y.payload[0])

        def send(value, *, cover=1):
            """Load the free output register; the CRC covers the byte or not."""
            m.d.sync += [self.o.payload.eq(value), self.o.valid.eq(1), covered.eq(cover)]

        def receive():
            m.d.comb += receiving.eq(1)
            with m.If(expired):
                m.d.comb += self.rejected.eq(1)
                m.next = "HUNT"

        with m.FSM():
            with m.State("HUNT"):
                m.d.comb += [take.eq(1), restart.eq(1)]
                m.d.sync += count.eq(protocol.REQUEST_HEADER.size - 1)
                with m.If(byte_valid & (byte == protocol.request_sync)):
                    m.next = "HEADER"

            with m.State("HEADER"):
                receive()
                m.d.comb += take.eq(1)
                with m.If(byte_valid):
                    m.d.sync += [header.eq(Cat(header[8:], byte)), count.eq(count - 1)]
                    with m.If(count == 0):
                        m.next = "LENGTH"

            with m.State("LENGTH"):
                m.d.comb += receiving.eq(1)
                m.d.sync += [
                    empty.eq(length == 0),
                    framed.eq(length == self.frame_bytes),
                    address.eq(0),
                    count.eq(protocol.CRC_BYTES - 1),
                ]
                m.next = "PAYLOAD"

            with m.State("PAYLOAD"):
                receive()
                with m.If(length == 0):
                    m.next = "CHECKSUM"
                with m.Else():
                    m.d.comb += [take.eq(1), write.en.eq(byte_valid & framed)]
                    with m.If(byte_valid):
                        m.d.sync += [length.eq(length - 1), address.eq(address + 1)]

            with m.State("CHECKSUM"):
                receive()
                m.d.comb += take.eq(1)
                with m.If(byte_valid):
                    m.d.sync += count.eq(count - 1)
                    with m.If(count == 0):
                        m.next = "SETTLE"

            with m.State("SETTLE"):
                m.next = "DECIDE"

            with m.State("DECIDE"):
                m.d.comb += restart.eq(1)
                m.d.sync += [
                    count.eq(0),
                    row_left.eq(len(row) // 8 - 1),
                    outputs_left.eq(interface.output_count - 1),
                    length.eq(0),
                ]
                with m.If(~crc.match_detected):
                    m.d.sync += status.eq(Status.BAD_CRC)
                with m.Elif((command == Command.INFO) & empty):
                    m.d.sync += [
                        status.eq(Status.OK),
                        length.eq(len(info)),
                        left.eq(len(info) - 1),
                        address.eq(self.frame_bytes),
                        row_left.eq(0),
                    ]
                with m.Elif((command == Command.INFER) & framed):
                    m.d.sync += [
                        status.eq(Status.OK),
                        length.eq(self.reply_bytes),
                        left.eq(beats - 1),
                        address.eq(0),
                    ]
                with m.Elif((command == Command.INFO) | (command == Command.INFER)):
                    m.d.sync += status.eq(Status.BAD_LENGTH)
                with m.Else():
                    m.d.sync += status.eq(Status.UNKNOWN_COMMAND)
                m.next = "REPLY"

            with m.State("REPLY"):
                fields = [C(protocol.reply_sync, 8), command, tag, status, length[:8]]
                with m.If(free):
                    m.d.sync += count.eq(count + 1)
                    with m.Switch(count):
                        for index, field in enumerate(fields):
                            with m.Case(index):
                                send(field, cover=int(index > 0))
                        with m.Default():
                            send(length[8:])
                            m.d.sync += count.eq(0)
                            m.next = "READ"
                            with m.If(status != Status.OK):
                                m.d.comb += self.rejected.eq(1)
                                m.next = "CRC"

            with m.State("READ"):
                m.next = "SHIFT"

            with m.State("SHIFT"):
                m.d.sync += [
                    row.eq(Cat(row[8:], read.data)),
                    row_left.eq(row_left - 1),
                    address.eq(address + 1),
                ]
                m.next = "READ"
                with m.If(row_left == 0):
                    m.d.sync += row_left.eq(len(row) // 8 - 1)
                    m.next = "FEED"
                    with m.If(command == Command.INFO):
                        m.next = "INFO"

            with m.State("FEED"):
                m.d.comb += self.x.valid.eq(1)
                with m.If(self.x.ready):
                    m.d.sync += left.eq(left - 1)
                    m.next = "READ"
                    with m.If(left == 0):
                        m.next = "OUTPUT"

            with m.State("INFO"):
                with m.If(free):
                    send(row[-8:])
                    m.d.sync += [left.eq(left - 1), row_left.eq(0)]
                    m.next = "READ"
                    with m.If(left == 0):
                        m.next = "CRC"

            with m.State("OUTPUT"):
                with m.If(free & self.y.valid):
                    send(output.word_select(count, 8))
                    m.d.sync += count.eq(count + 1)
                    with m.If(count == output_bytes - 1):
                        m.d.comb += self.y.ready.eq(1)
                        m.d.sync += [count.eq(0), outputs_left.eq(outputs_left - 1)]
                        with m.If(outputs_left == 0):
                            m.next = "CRC"

            with m.State("CRC"):
                with m.If(free):
                    m.d.sync += count.eq(count + 1)
                    send(Mux(count == 0, crc.crc[8:], crc.crc[:8]), cover=0)
                    with m.If(count != 0):
                        m.d.comb += self.answered.eq(
                            (command == Command.INFER) & (status == Status.OK)
                        )
                        m.next = "HUNT"
        return m
