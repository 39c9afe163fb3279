"""Shells around a decoder on a processor's bus."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.axi3_front import Axi3Front
from build_decoder.boards.axi.axi4_lite_front import Axi4LiteFront
from build_decoder.boards.axi.core import Core
from build_decoder.boards.axi.packing import DDR_BITS
from build_decoder.boards.axi.registers import BASE_ADDRESS
from build_decoder.boards.axi.signatures import axi3, axi4_lite

__all__ = ["MEMORY_ID_BITS", "REGISTER_ID_BITS", "AxiLiteShell", "AxiShell"]

REGISTER_ID_BITS = 12
"""Bits of an ID at port M_AXI_GP0 of a Zynq-7000."""

MEMORY_ID_BITS = 6
"""Bits of an ID at port S_AXI_HP0 of a Zynq-7000."""


class AxiShell(wiring.Component):
    """A decoder at the processor of a Zynq-7000: registers at M_AXI_GP0, memory at S_AXI_HP0.

    Parameters
    ----------
    decoder
        See `Core`.
    dma
        Whether there is ``m_axi``.
    base
        Address of the first register.

    Attributes
    ----------
    registers : RegisterMap

    Members
    -------
    s_axi : ``In``, AXI3, data of 32 bits; see `Axi3Front`
    m_axi : ``Out``, AXI3, data of 64 bits; see `FrameReader` and `ResultWriter`

    Raises
    ------
    InputError
        If a frame has more than 65,535 values at either end.
    """

    def __init__(self, decoder, *, dma: bool = True, base: int = BASE_ADDRESS):
        self.core = Core(decoder, memory_id_bits=MEMORY_ID_BITS if dma else None)
        self.registers = self.core.registers
        self.dma = dma
        self.base = base
        members = {"s_axi": In(axi3(data_bits=32, id_bits=REGISTER_ID_BITS))}
        if dma:
            members["m_axi"] = Out(axi3(data_bits=DDR_BITS, id_bits=MEMORY_ID_BITS))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.front = front = Axi3Front(
            id_bits=REGISTER_ID_BITS, address_bits=self.registers.address_bits, base=self.base
        )
        m.submodules.core = core = self.core
        wiring.connect(m, wiring.flipped(self.s_axi), front.axi)
        wiring.connect(m, front.bus, core.bus)
        if self.dma:
            wiring.connect(m, core.m_axi, wiring.flipped(self.m_axi))
        return m


class AxiLiteShell(wiring.Component):
    """A decoder as AXI4-Lite subordinate: registers and windows.

    Parameters
    ----------
    decoder
        See `Core`.

    Attributes
    ----------
    registers : RegisterMap

    Members
    -------
    s_axi : ``In``, AXI4-Lite with ``registers.address_bits``; see `Axi4LiteFront`

    Raises
    ------
    InputError
        If a frame has more than 65,535 values at either end.
    """

    def __init__(self, decoder):
        self.core = Core(decoder, memory_id_bits=None)
        self.registers = self.core.registers
        super().__init__({"s_axi": In(axi4_lite(self.registers.address_bits))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.front = front = Axi4LiteFront(address_bits=self.registers.address_bits)
        m.submodules.core = core = self.core
        wiring.connect(m, wiring.flipped(self.s_axi), front.axi)
        wiring.connect(m, front.bus, core.bus)
        return m
