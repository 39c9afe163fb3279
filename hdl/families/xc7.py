"""Xilinx's 7 series: Artix-7, Kintex-7, Virtex-7, Spartan-7 and Zynq-7000."""

from fractions import Fraction

from build_decoder.hdl.cells import BRAM, DSP, FF, LUT, NOTHING, CellCost
from build_decoder.hdl.family import Family, NetlistCells
from build_decoder.hdl.planning.dsp_block import DspBlock

__all__ = ["FAMILY"]

FAMILY = Family(
    name="xc7",
    title="7 series",
    amaranth="series7",
    # UG479.
    dsp=DspBlock(
        name="DSP48E1", weight=25, x=18, unsigned=False, accumulator=48, packs=True
    ),
    dsp_luts=50,
    lut_rows=64,
    cells={
        **{f"LUT{inputs}": LUT for inputs in range(1, 7)},
        # There are no inverters: what no LUT behind it absorbs in a vendor's tool becomes a LUT.
        "INV": LUT,
        **{name: LUT for name in ("SRL16E", "SRLC16E", "SRLC32E")},
        **{"RAM32X1S": CellCost(lut=1), "RAM64X1S": CellCost(lut=1), "RAM128X1S": CellCost(lut=2)},
        **{"RAM256X1S": CellCost(lut=4), "RAM32X1D": CellCost(lut=2), "RAM64X1D": CellCost(lut=2)},
        **{"RAM128X1D": CellCost(lut=4), "RAM32M": CellCost(lut=4), "RAM64M": CellCost(lut=4)},
        **{f"FD{kind}E{edge}": FF for kind in ("R", "S", "C", "P") for edge in ("", "_1")},
        "DSP48E1": DSP,
        "RAMB36E1": BRAM,
        "RAMB18E1": CellCost(bram=Fraction(1, 2)),
        # In a slice, but not in its LUTs.
        **{name: NOTHING for name in ("CARRY4", "MUXF7", "MUXF8", "GND", "VCC")},
        **{name: NOTHING for name in ("IBUF", "OBUF", "OBUFT", "IOBUF", "BUFG", "PLLE2_BASE")},
    },
    parts={
        "mac": "dsp48e1.dsp48e1_mac",
        "rom": "lut_rom.lut_rom",
        "sum": "carry4.carry4_sum",
        "multiplexer": "multiplexer.multiplexer",
    },
    synthesis="synth_xilinx",
    synthesis_options="-family xc7 -flatten",
    bare_options="-noiopad -noclkbuf",
    # They only tell where hierarchy was, and nextpnr-xilinx tries to place them.
    after_synthesis=("delete t:$scopeinfo",),
    netlist=NetlistCells(
        library="xilinx/cells_sim.v",
        models={
            "RAMB18E1": ("block_ram_core.v", "ramb18e1.v"),
            "RAMB36E1": ("block_ram_core.v", "ramb36e1.v"),
        },
    ),
    pll="plle2",
    # Amaranth's domain has STARTUPE2, which nextpnr cannot place.
    oscillator_as_clock=False,
    toolchain="xilinx",
)
