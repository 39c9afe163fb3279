"""States of a layer of LSTMs in a row."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.qformat import QFormat

__all__ = ["States"]


class States(wiring.Component):
    """A layer's states of two steps, one whose number is odd and one whose number is even: while
    one is read, by the layer itself and by the one behind it, the next one may come.

    Parameters
    ----------
    format
        Of a value.
    units
        Values of a state.
    lanes
        Values that are read at once.

    Members
    -------
    write, write_odd : ``In``, 1
        Whether a unit's value comes, and of which step. Units come in order.
    data : ``In``, a value
    last : ``Out``, 1
        Whether the one that comes is the last unit's.
    unit : ``Out``
        Its number.
    beat, odd : ``In``
        Word to be read, and of which step.
    o : ``Out``, array of values, a cycle later
    """

    def __init__(self, format: QFormat, units: int, lanes: int):
        self.units, self.lanes = units, lanes
        value = shape_of(format)
        beats = -(-units // lanes)
        super().__init__(
            {
                "write": In(1),
                "write_odd": In(1),
                "data": In(value),
                "last": Out(1),
                "unit": Out(range(units)),
                "beat": In(range(beats)),
                "odd": In(1),
                "o": Out(data.ArrayLayout(value, lanes)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        word, lane = self.unit, Const(0)
        m.d.comb += self.last.eq(self.unit == self.units - 1)
        with m.If(self.write):
            m.d.sync += self.unit.eq(Mux(self.last, 0, self.unit + 1))
        if self.lanes > 1:
            word, lane = Signal.like(self.beat, name="word"), Signal(range(self.lanes))
            lane_last = self.last | (lane == self.lanes - 1)
            with m.If(self.write):
                m.d.sync += [
                    lane.eq(Mux(lane_last, 0, lane + 1)),
                    word.eq(Mux(self.last, 0, word + lane_last)),
                ]
        for number in range(self.lanes):
            m.submodules[f"lane_{number}"] = memory = Memory(
                shape=self.data.shape(), depth=2 << len(self.beat), init=[]
            )
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(self.write & (lane == number)),
                write.addr.eq(Cat(word[: len(self.beat)], self.write_odd)),
                write.data.eq(self.data),
                read.addr.eq(Cat(self.beat, self.odd)),
                self.o[number].eq(read.data),
            ]
        return m
