"""Lattice's iCE40: UltraPlus, and LP and HX, which have no DSP blocks."""

from build_decoder.hdl.cells import BRAM, DSP, FF, LUT, NOTHING
from build_decoder.hdl.family import Family, NetlistCells, NextpnrNames
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.memories import MemoryRules

__all__ = ["FAMILY"]

FAMILY = Family(
    name="ice40",
    title="iCE40",
    amaranth="iCE40",
    # FPGA-TN-02007. Its accumulator is not used, and Yosys leaves products of fewer bits in LUTs.
    dsp=DspBlock(
        name="SB_MAC16", weight=16, x=16, unsigned=True, accumulator=0, packs=False, least=11
    ),
    # See Family.cost: a quarter of an iCE40UP5K's 5,280 LUTs, for each of its 8 SB_MAC16 and 30
    # block RAMs, is 165 and 44.
    dsp_luts=160,
    memory=MemoryRules(
        block="SB_RAM40_4K",
        blocks=1,
        shapes=((16, 256), (8, 512), (4, 1024), (2, 2048)),
        price=128,
        select_price=1,
        # A memory of as many bits as a block is worth is not one.
        ram_price=129,
        lut_ram=None,
        lut_inputs=4,
        joined_rows=16,
        bram_luts=45,
    ),
    # Of products of 2 by 3 bits and of all less, tables are as cheap; of more, they are not.
    table_inputs=5,
    cells={
        "SB_LUT4": LUT,
        **{
            f"SB_DFF{edge}{kind}": FF
            for edge in ("", "N")
            for kind in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")
        },
        "SB_MAC16": DSP,
        **{f"SB_RAM40_4K{clocks}": BRAM for clocks in ("", "NR", "NW", "NRNW")},
        # Beside a LUT.
        **{name: NOTHING for name in ("SB_CARRY", "GND", "VCC")},
        **{name: NOTHING for name in ("SB_IO", "SB_GB", "SB_GB_IO")},
        **{f"SB_PLL40_{kind}": NOTHING for kind in ("CORE", "PAD", "2_PAD", "2F_CORE", "2F_PAD")},
    },
    parts={"multiplexer": "mux_tree.mux_tree"},
    synthesis="synth_ice40",
    synthesis_options="-dsp",
    netlist=NetlistCells(library="ice40/cells_sim.v"),
    pll="sb_pll40",
    toolchain="nextpnr",
    nextpnr=NextpnrNames(
        tools=("yosys", "nextpnr-ice40", "icepack"),
        bitstream="bin",
        lut="ICESTORM_LC",
        ff=None,
        dsp="ICESTORM_DSP",
        bram="ICESTORM_RAM",
        # It takes all ports of the block for registered, whatever its registers do.
        untimed="through SB_MAC16",
    ),
)
