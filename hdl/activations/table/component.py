"""Activation unit that looks its result up."""

from amaranth import Cat, Module, Signal

from build_decoder.hdl.activations.component import ActivationComponent, realises
from build_decoder.hdl.parts.read_only_table import read_only_table
from build_decoder.quant.activations.table import Table

__all__ = ["TableComponent"]


@realises(Table)
class TableComponent(ActivationComponent):
    """``o = entries[i - i.min]``, see :class:`quant.activations.table.Table`. Latency 2.

    The input is registered, then the result. The table is logic, at most one six-input LUT an
    output bit for 6 input bits.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        held = Signal.like(self.i)
        position = Cat(held[:-1], held[-1] ^ p.input.signed)
        with m.If(self.en):
            m.d.sync += [held.eq(self.i), self.o.eq(read_only_table(p.entries, position))]
        return m
