"""Weight memory: a ROM that is read round and round in a fixed order."""

import numpy as np
from amaranth import Const, Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from quant.area import fits_block_ram

__all__ = ["WeightMemory"]


class WeightMemory(wiring.Component):
    """Rows of weights, the next one after each ``advance``, the first again after the last.

    The order never depends on data, so rows are fetched ahead of their use, at no cost in latency:
    a row is in the memory's own output register until ``load``, when the multipliers' registers
    take it and the next one is fetched. ``ready`` rises two cycles after reset and stays; from then
    on the multipliers hold the current row. A single row is constant, and always ready.

    Parameters
    ----------
    shape
        Shape of a weight.
    rows
        Raw int64 (rows, inputs_per_lane, lanes).

    Members
    -------
    advance : ``In``, 1
    ready : ``Out``, 1
    load : ``Out``, 1
    weights : ``Out``, array of ``inputs_per_lane`` arrays of ``lanes``
    """

    def __init__(self, *, shape: Shape, rows: np.ndarray):
        self.rows = rows
        _, inputs_per_lane, lanes = rows.shape
        self.layout = data.ArrayLayout(data.ArrayLayout(shape, lanes), inputs_per_lane)
        super().__init__(
            {"advance": In(1), "ready": Out(1), "load": Out(1), "weights": Out(self.layout)}
        )

    def elaborate(self, platform):
        m = Module()
        if len(self.rows) == 1:
            m.d.comb += [
                self.weights.eq(self.layout.const(self.rows[0].tolist())),
                self.ready.eq(1),
            ]
            return m

        width = self.layout.as_shape().width
        words = [self.layout.const(row).as_bits() for row in self.rows.tolist()]
        attributes = {"ram_style": "block"} if fits_block_ram(len(words), width) else {}
        m.submodules.memory = memory = Memory(
            shape=width, depth=len(words), init=words, attrs=attributes
        )
        port = memory.read_port()
        fetched = Signal()
        last = len(words) - 1
        m.d.comb += [
            self.load.eq(self.advance | ~self.ready),
            port.en.eq(self.load),
            self.weights.eq(port.data),
        ]
        with m.If(self.load):
            m.d.sync += [
                port.addr.eq(Mux(port.addr == Const(last), 0, port.addr + 1)),
                fetched.eq(1),
                self.ready.eq(fetched),
            ]
        return m
