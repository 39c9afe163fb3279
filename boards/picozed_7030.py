"""PicoZed 7030 on the PicoZed FMC Carrier Card V2: AHEAD's board of case 2, with a Zynq-7030.

Its programmable logic alone: neither processors nor AXI. The module has no oscillator for the
programmable logic; the carrier has one.

Pins are those of Avnet's constraint file for this pair, in https://github.com/Avnet/hdl,
``Boards/PZ7015_FMC2/PZ7030_7015_RevC_FMCV2_RevA_v1.xdc``: ``PL_CLK``, ``PL_LED2`` to ``PL_LED4``
and ``JA0`` to ``JA7``, which are pins 1 to 4 and 7 to 10 of the connector. All of them are in bank
13, whose supply is fixed at 3.3 V; ``PL_LED1`` is left out, being in a bank that may only have
1.8 V. That ``PL_CLK`` has 100 MHz is from Avnet's board definition in
https://github.com/Avnet/bdf, ``picozed_7030_fmc2/1.4/board.xml``. A LiteX platform,
https://github.com/NateMeyer/picozed_litex, has the same clock and pins. The carrier's schematic was
not seen: whether its clock generator has to be set up first is not known here.
"""

from amaranth.build import Attrs, Clock, Connector, Pins, Resource
from amaranth_boards.resources import LEDResources

from build_decoder.boards.board import Board, Capacity
from build_decoder.boards.xilinx_platform import RtlilXilinxPlatform, pmod_uart
from build_decoder.hdl import families

__all__ = ["BOARD", "PicoZed7030Platform"]


class PicoZed7030Platform(RtlilXilinxPlatform):
    """The pins of a PicoZed 7030 on its FMC Carrier Card V2 that a decoder uses.

    The UART is on the upper row of Pmod JA.
    """

    # Neither has a folder or an entry for it; of the Zynq-7000, the open tools know the xc7z010 and
    # the xc7z020.
    vivado_only = "neither Project X-Ray's database nor nextpnr knows the xc7z030"
    device = "xc7z030"
    package = "sbg485"
    speed = "1"
    default_clk = "clk100"
    resources = [
        Resource("clk100", 0, Pins("Y18", dir="i"), Clock(100e6), Attrs(IOSTANDARD="LVCMOS33")),
        *LEDResources(pins="AA19 AA20 AB21", attrs=Attrs(IOSTANDARD="LVCMOS33")),
        pmod_uart(),
    ]
    connectors = [
        Connector("pmod", 0, "AA14 AA15 Y14 Y15 - - U19 V19 V18 W18 - -"),
    ]


BOARD = Board(
    name="picozed_7030",
    title="PicoZed 7030",
    family=families.get("xc7"),
    device="xc7z030sbg485-1",
    oscillator="clk100",
    oscillator_mhz=100,
    clock_mhz=100,
    # Xilinx DS190, table 1, Z-7030: block RAM as 265 blocks of 36 kbit. Vivado's utilisation
    # reports for the device, and the percentages of AHEAD's Table 5, have the same numbers.
    capacity=Capacity(lut=78_600, ff=157_200, dsp=400, bram=265, bram_bits=265 * 36_864),
    baud=1_000_000,
    platform=PicoZed7030Platform,
    wiring=(
        "For the PicoZed FMC Carrier Card V2. The decoder answers on Pmod JA, 3.3 V: pin 2 "
        "transmits, pin 3 receives, pin 5 is ground; Digilent's Pmod USBUART in the upper row has "
        "its lines there. The 100 MHz clock is the carrier's. Set VADJ to 1.8 V at most: more "
        "damages the Zynq-7030. Load the bitstream over JTAG, with Vivado's hardware manager or "
        "openFPGALoader and the name of your cable"
    ),
)
