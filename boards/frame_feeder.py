"""The board's feeder: the bytes of a frame go to a decoder's inputs."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from build_decoder.boards.protocol import element_bytes
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.number_format import NumberFormat

__all__ = ["FrameFeeder"]


class FrameFeeder(wiring.Component):
    """Makes transfers of ``lanes`` values of the bytes that come from ``start`` until ``ended``.

    Throughput: a byte as it comes, and one cycle a transfer.

    Parameters
    ----------
    format
        Of the values, each in `element_bytes` bytes, the low one first; bits above its width are
        ignored.
    lanes
        Values a transfer.

    Members
    -------
    start
        A frame begins; not before ``idle``.
    i
        Its bytes.
    ended
        All bytes of the frame have been taken from ``i``; for the last transfer's lanes behind the
        end of the frame, more are.
    o
        Values. Lanes behind the end of a frame hold arbitrary ones.
    idle
        No frame is being sent.
    """

    def __init__(self, *, format: NumberFormat, lanes: int):
        self.format = format
        self.lanes = lanes
        self.row_bytes = lanes * element_bytes(format)
        """Bytes of a transfer."""
        super().__init__(
            {
                "start": In(1),
                "i": In(stream.Signature(8)),
                "ended": In(1),
                "o": Out(stream.Signature(ArrayLayout(shape_of(format), lanes))),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        row = Signal(8 * self.row_bytes)
        row_left = Signal(range(self.row_bytes))
        for lane in range(self.lanes):
            start = lane * 8 * element_bytes(self.format)
            m.d.comb += self.o.payload[lane].eq(row[start : start + self.format.width])

        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.idle.eq(1)
                m.d.sync += row_left.eq(self.row_bytes - 1)
                with m.If(self.start):
                    m.next = "FILL"

            with m.State("FILL"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.sync += [row.eq(Cat(row[8:], self.i.payload)), row_left.eq(row_left - 1)]
                    with m.If(row_left == 0):
                        m.d.sync += row_left.eq(self.row_bytes - 1)
                        m.next = "OFFER"

            with m.State("OFFER"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "FILL"
                    with m.If(self.ended):
                        m.next = "IDLE"
        return m
