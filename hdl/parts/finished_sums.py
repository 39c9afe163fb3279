"""Finished sums that wait until the drain takes them."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import DEFAULT, family_of

__all__ = ["FinishedSums", "in_luts"]


class FinishedSums(wiring.Component):
    """Sums of passes, in ``places`` one behind the other, for a drain that does not capture them.

    What is written with ``finished`` may leave from the next cycle on: ``load`` is the drain's, in
    the cycle before. It is in ``sums`` until ``done``. Nobody writes more than there are places.

    Parameters
    ----------
    places
        A power of two.
    width
        Bits of all sums of a pass.

    Members
    -------
    finished : ``In``, 1
    data : ``In``, ``width``
    done : ``In``, 1
    load : ``Out``, 1
    sums : ``Out``, ``width``
    """

    def __init__(self, places: int, width: int):
        if places < 2 or places & places - 1:
            raise ValueError(f"expected a power of two of at least 2 places, got {places}")
        self.places = places
        super().__init__(
            {
                "finished": In(1),
                "data": In(width),
                "done": In(1),
                "load": Out(1),
                "sums": Out(width),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(
            shape=len(self.data), depth=self.places, init=[], attrs=in_luts(platform)
        )
        read, write = memory.read_port(domain="comb"), memory.write_port()
        waiting = Signal(range(self.places + 1))
        waiting_next = Signal.like(waiting)
        m.d.comb += [
            write.en.eq(self.finished),
            write.data.eq(self.data),
            self.sums.eq(read.data),
            waiting_next.eq(waiting + self.finished - self.done),
            self.load.eq(waiting_next != 0),
        ]
        m.d.sync += waiting.eq(waiting_next)
        with m.If(self.finished):
            m.d.sync += write.addr.eq(write.addr + 1)
        with m.If(self.done):
            m.d.sync += read.addr.eq(read.addr + 1)
        return m


def in_luts(platform) -> dict[str, str]:
    """Attributes of a memory that is read in the same cycle."""
    family = family_of(platform) or DEFAULT
    return {"ram_style": "distributed"} if family.memory.lut_ram is not None else {}
