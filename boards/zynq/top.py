"""The whole design for a Zynq-7000: processing system, shell and decoder."""

from amaranth import Elaboratable, Module

from build_decoder.boards.axi.shell import AxiShell
from build_decoder.boards.zynq.fclk import fclk_dividers
from build_decoder.boards.zynq.ps7 import add_processing_system

__all__ = ["ZynqTop"]


class ZynqTop(Elaboratable):
    """A decoder beside the processor: registers at M_AXI_GP0, frames over S_AXI_HP0.

    Parameters
    ----------
    decoder
        See `boards.axi.core.Core`.
    clock_mhz
        Requested decoder clock, MHz.
    bitstream_copy
        Where the build script copies the bitstream, relative to itself; None for nowhere.

    Attributes
    ----------
    clock : FclkDividers
        Settings of FCLK0, which the processor makes.
    clock_mhz : float
        Its frequency: as requested, or the nearest.
    registers : RegisterMap
        What is on the bus.

    Raises
    ------
    InputError
        If the clock cannot be made, or a frame is too long.
    """

    def __init__(self, decoder, clock_mhz: float, *, bitstream_copy: str | None = None):
        self.bitstream_copy = bitstream_copy
        self.clock = fclk_dividers(clock_mhz)
        self.clock_mhz = self.clock.mhz
        self.shell = AxiShell(decoder)
        self.registers = self.shell.registers

    def elaborate(self, platform):
        m = Module()
        m.submodules.shell = shell = self.shell
        add_processing_system(
            m, platform, registers=shell.s_axi, memory=shell.m_axi, clock_mhz=self.clock_mhz
        )
        return m
