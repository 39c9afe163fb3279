"""Place of a value along an axis, counted with each step."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.planning.windows import Windows

__all__ = ["Place"]


class Place(wiring.Component):
    """Where in its window a value is that comes with ``step``, axis after axis.

    Parameters
    ----------
    windows
        Of the axis.

    Members
    -------
    step : ``In``, 1
    first, last : ``Out``, 1
        Whether it is the first or the last value of its window.
    over : ``Out``, 1
        Whether it is left over, behind the values of the last window.
    ends : ``Out``, 1
        Whether it is the last one of the axis.
    window, next_window : ``Out``, ``range(windows.windows)``
        Its window, and that of the next cycle's value.
    """

    def __init__(self, windows: Windows):
        self.windows = windows
        number = range(windows.windows)
        super().__init__(
            {
                "step": In(1),
                "first": Out(1),
                "last": Out(1),
                "over": Out(1),
                "ends": Out(1),
                "window": Out(number),
                "next_window": Out(number),
            }
        )

    def elaborate(self, platform):
        m = Module()
        windows = self.windows
        inside = Signal(range(windows.size + windows.over), init=windows.before)
        place = Signal(range(windows.count))
        ends_window = inside == windows.size - 1
        if windows.over:
            ends_window &= self.window != windows.windows - 1
        m.d.comb += [
            self.ends.eq(place == windows.count - 1),
            self.first.eq((inside == 0) | (place == 0)),
            self.last.eq(ends_window | self.ends),
            self.over.eq(inside >= windows.size),
            self.next_window.eq(self.window),
        ]
        with m.If(self.step):
            m.d.sync += [
                place.eq(Mux(self.ends, 0, place + 1)),
                inside.eq(Mux(self.ends, windows.before, Mux(self.last, 0, inside + 1))),
            ]
            with m.If(self.last):
                m.d.comb += self.next_window.eq(Mux(self.ends, 0, self.window + 1))
        m.d.sync += self.window.eq(self.next_window)
        return m
