"""The core: a decoder with an AXI4-Lite port, by the names that other tools expect."""

from amaranth import ClockDomain, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.shell import AxiLiteShell

__all__ = ["NAME", "AxiLiteTop"]

NAME = "neural_decoder"
"""Name of the Verilog module."""


class AxiLiteTop(wiring.Component):
    """A decoder as AXI4-Lite subordinate; all ports belong to one clock.

    Parameters
    ----------
    decoder
        See `boards.axi.core.Core`.
    clock_mhz
        Clock that it is meant for, MHz; the user makes it.

    Attributes
    ----------
    registers : RegisterMap
        What is on the bus.

    Members
    -------
    aclk : ``In``
        Clock.
    aresetn : ``In``
        0 resets, synchronous to ``aclk``.
    s_axi_... : AXI4-Lite; see `Axi4LiteFront`

    Raises
    ------
    InputError
        If a frame has more than 65,535 values at either end.
    """

    def __init__(self, decoder, clock_mhz: float):
        self.clock_mhz = clock_mhz
        self.shell = AxiLiteShell(decoder)
        self.registers = self.shell.registers
        super().__init__({
            "aclk": In(1),
            "aresetn": In(1),
            **{f"s_axi_{name}": member for name, member in self._members().items()},
        })  # fmt: skip

    def _members(self) -> dict:
        """Those of the subordinate."""
        members = self.shell.s_axi.signature.flip().members
        return {
            name: (In if member.flow == wiring.Out else Out)(member.shape)
            for name, member in members.items()
        }

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = sync = ClockDomain()
        sync.clk = self.aclk
        m.d.comb += sync.rst.eq(~self.aresetn)
        m.submodules.shell = shell = self.shell
        for name, member in self._members().items():
            ours, inner = getattr(self, f"s_axi_{name}"), getattr(shell.s_axi, name)
            if member.flow == wiring.In:
                m.d.comb += inner.eq(ours)
            else:
                m.d.comb += ours.eq(inner)
        return m
