"""Lattice's ECP5."""

from build_decoder.hdl.cells import BRAM, DSP, FF, LUT, NOTHING, CellCost
from build_decoder.hdl.family import Family, NetlistCells, NextpnrNames
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.memories import LutRam, MemoryRules

__all__ = ["FAMILY"]

FAMILY = Family(
    name="ecp5",
    title="ECP5",
    amaranth="ecp5",
    # FPGA-TN-02205.
    dsp=DspBlock(
        name="MULT18X18D", weight=18, x=18, unsigned=True, accumulator=0, packs=False
    ),
    # See Family.cost: a quarter of an LFE5U-85F's 83,640 LUTs, for each of its 156 multipliers and
    # 208 block RAMs, is 134 and 101.
    dsp_luts=130,
    memory=MemoryRules(
        block="DP16KD",
        blocks=1,
        # The widest one is a PDPW16KD.
        shapes=((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384)),
        price=256,
        select_price=1,
        ram_price=256,
        # TRELLIS_DPR16X4.
        lut_ram=LutRam(shapes=((4, 16),), luts=6, price=8, select_price=1),
        lut_inputs=4,
        # PFUMX and L6MUX21 join eight LUTs.
        joined_rows=128,
        bram_luts=100,
    ),
    # Of products of 3 by 4 bits and of all less, tables are cheaper or as cheap.
    table_inputs=7,
    # A block without registers in front wants its operands 3.5 ns ahead. Of decoders with 20 such
    # blocks, whose inputs go to all of them, nextpnr placed and routed some for 132 MHz, and others
    # for 147.
    pipelined_mhz=125,
    cells={
        "LUT4": LUT,
        # Two bits of a carry chain.
        "CCU2C": CellCost(lut=2),
        # Four LUTs hold the data, and two more make the write port.
        "TRELLIS_DPR16X4": CellCost(lut=6),
        "TRELLIS_FF": FF,
        "MULT18X18D": DSP,
        **{name: BRAM for name in ("DP16KD", "PDPW16KD")},
        # Multiplexers between LUTs, and constants.
        **{name: NOTHING for name in ("PFUMX", "L6MUX21", "GND", "VCC", "VHI", "VLO")},
        **{name: NOTHING for name in ("TRELLIS_IO", "EHXPLLL", "SGSR")},
    },
    parts={
        "product": "mult18x18d.mult18x18d",
        "block_rom": "dp16kd.Dp16kdRom",
        "block_ram": "dp16kd.dp16kd_ram",
        "multiplexer": "mux_tree.mux_tree",
        "lut": "ccu2c.ecp5_lut4",
        "chain": "ccu2c.ccu2c_chain",
    },
    synthesis="synth_ecp5",
    own_blocks=True,
    netlist=NetlistCells(
        library="ecp5/cells_sim.v",
        models={"DP16KD": ("block_ram_core.v", "dp16kd.v"), "MULT18X18D": ("mult18x18d.v",)},
    ),
    pll="ehxplll",
    toolchain="nextpnr",
    nextpnr=NextpnrNames(
        tools=("yosys", "nextpnr-ecp5", "ecppack"),
        bitstream="bit",
        lut="TRELLIS_COMB",
        ff="TRELLIS_FF",
        dsp="MULT18X18D",
        bram="DP16KD",
        # Bit heaps of some ten thousand LUTs: the other router had half of all connections left
        # after 27 minutes, and placed more densely, for short paths rather than short wires, some
        # come to no end.
        for_spread="--router router2 --placer-heap-beta 0.35 --placer-heap-timingweight 1",
    ),
)
