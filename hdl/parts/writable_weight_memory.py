"""Weight memory that is written at run time: read round and round in a fixed order."""

import numpy as np
from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.memory_port import MemoryPort
from build_decoder.hdl.parts.banked_memory import banked_memory
from build_decoder.hdl.planning.writable import Writable

__all__ = ["WritableWeightMemory"]


class WritableWeightMemory(wiring.Component):
    """A :class:`~hdl.parts.weight_memory.WeightMemory` of two banks, with all columns stored.

    ``ready`` rises two cycles after reset, and falls under ``memory.hold``, to rise again two
    cycles after it. A single row is loaded as several are.

    Parameters
    ----------
    shape
        Shape of a weight.
    layout
        (inputs_per_lane, lanes) of a row.
    memory
        Rows and width.
    rows
        Bits of the rows at power-up, bool (rows, width).

    Members
    -------
    advance : ``In``, 1
    ready : ``Out``, 1
    load : ``Out``, 1
    weights : ``Out``, array of ``inputs_per_lane`` arrays of ``lanes``
    memory : ``In``, :class:`~hdl.memory_port.MemoryPort`
    """

    def __init__(
        self, *, shape: Shape, layout: tuple[int, int], memory: Writable, rows: np.ndarray
    ):
        self.rows = rows
        inputs_per_lane, lanes = layout
        super().__init__(
            {
                "advance": In(1),
                "ready": Out(1),
                "load": Out(1),
                "weights": Out(data.ArrayLayout(data.ArrayLayout(shape, lanes), inputs_per_lane)),
                "memory": In(MemoryPort(memory)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        port, count = self.memory, len(self.rows)
        address = Signal(range(count))
        fetched = Signal()
        m.d.comb += self.load.eq(
            Mux(port.hold, port.roll & (port.step | ~fetched), self.advance | ~self.ready)
        )
        with m.If(self.load):
            m.d.sync += [
                address.eq(Mux(address == count - 1, 0, address + 1)),
                fetched.eq(1),
                self.ready.eq(fetched),
            ]
        with m.If(port.hold):
            m.d.sync += self.ready.eq(0)
            with m.If(~port.roll):
                m.d.sync += [address.eq(0), fetched.eq(0)]
        row = banked_memory(m, port, self.rows, address, platform, enable=self.load)
        m.d.comb += self.weights.eq(row)
        return m
