"""PYNQ-Z1 with a Zynq-7020: a decoder at its processor's bus, or in the logic alone.

Pins are those of Digilent's PYNQ-Z1 Reference Manual and of the board's constraint file in
https://github.com/Xilinx/PYNQ, ``boards/Pynq-Z1/base/vivado/constraints/base.xdc``, whose indices 0
to 7 of ``pmoda_gpio_tri_io`` are pins 1 to 4 and 7 to 10 of the connector.
"""

from amaranth.build import Attrs, Clock, Connector, Pins, Resource
from amaranth_boards.resources import LEDResources

from build_decoder.boards.board import Board, Capacity
from build_decoder.boards.xilinx_platform import RtlilXilinxPlatform, pmod_uart
from build_decoder.hdl import families

__all__ = ["BOARD", "PynqZ1Platform"]


class PynqZ1Platform(RtlilXilinxPlatform):
    """The pins of a PYNQ-Z1 that a decoder uses.

    The UART is on the upper row of Pmod A.
    """

    device = "xc7z020"
    package = "clg400"
    speed = "1"
    default_clk = "clk125"
    resources = [
        Resource("clk125", 0, Pins("H16", dir="i"), Clock(125e6), Attrs(IOSTANDARD="LVCMOS33")),
        *LEDResources(pins="R14 P14 N16 M14", attrs=Attrs(IOSTANDARD="LVCMOS33")),
        pmod_uart(),
    ]
    connectors = [
        Connector("pmod", 0, "Y18 Y19 Y16 Y17 - - U18 U19 W18 W19 - -"),
        Connector("pmod", 1, "W14 Y14 T11 T10 - - V16 W16 V12 W13 - -"),
    ]


BOARD = Board(
    name="pynq_z1",
    title="PYNQ-Z1",
    family=families.get("xc7"),
    device="xc7z020clg400-1",
    oscillator="clk125",
    oscillator_mhz=125,
    clock_mhz=100,
    # Xilinx DS190, table 1, Z-7020: block RAM as 140 blocks of 36 kbit.
    capacity=Capacity(lut=53_200, ff=106_400, dsp=220, bram=140, bram_bits=140 * 36_864),
    baud=1_000_000,
    platform=PynqZ1Platform,
    shells=("axi", "uart", "axi_lite"),
    wiring=(
        "The decoder answers on Pmod A (JA), 3.3 V: pin 2 transmits, pin 3 receives, pin 5 is "
        "ground; Digilent's Pmod USBUART in the upper row has its lines there. The 125 MHz clock "
        "comes from the Ethernet PHY and stops while the PHY is held in reset. Load the bitstream "
        "over USB-JTAG: openFPGALoader --board pynq_z1 top.bit"
    ),
)
