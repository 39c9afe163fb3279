"""Xilinx's 7 series: Artix-7, Kintex-7, Virtex-7, Spartan-7 and Zynq-7000."""

from fractions import Fraction

from build_decoder.hdl.cells import BRAM, DSP, FF, LUT, NOTHING, CellCost
from build_decoder.hdl.family import Family, NetlistCells
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.memories import LutRam, MemoryRules

__all__ = ["FAMILY"]

_MULTIPLEXER_LUTS = (0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4)  # of 1 to 16 values


def _multiplexer_luts(values: int) -> int:
    """LUTs of ``hdl.parts.multiplexer`` for each bit of one of so many values."""
    if values <= 16:
        return _MULTIPLEXER_LUTS[values - 1]
    blocks = -(-values // 16)
    last = values - 16 * (blocks - 1)
    # The last LUT of two blocks takes two values as they are.
    shared = blocks == 2 and last == 2
    luts = 4 * (blocks - 1) + _multiplexer_luts(last) - shared
    return luts + _multiplexer_luts(blocks)


FAMILY = Family(
    name="xc7",
    title="7 series",
    amaranth="series7",
    # UG479.
    dsp=DspBlock(
        name="DSP48E1", weight=25, x=18, unsigned=False, accumulator=48, packs=True
    ),
    # See Family.cost: a quarter of a Zynq-7020's 53,200 LUTs, for each of its 220 DSP blocks and
    # 140 block RAMs, is 60 and 95. 50 and 100 are near, and are what decoders were searched with
    # before other families had a cost; the formats that are found depend on them.
    dsp_luts=50,
    memory=MemoryRules(
        block="RAMB36",
        blocks=2,
        # RAMB18E1.
        shapes=((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384)),
        price=258,
        select_price=1,
        ram_price=256,
        # RAM32M and RAM64M; selecting is left out.
        lut_ram=LutRam(shapes=((6, 32), (3, 64)), luts=4, price=16, select_price=0),
        lut_inputs=6,
        joined_rows=64,
        bram_luts=100,
    ),
    # A bit is then one LUT of six inputs or two and a multiplexer. Of products of 2 by 2 to 5 by 2
    # bits, all are cheaper so; with 8 inputs some are not.
    table_inputs=7,
    multiplexer_luts=_multiplexer_luts,
    cells={
        **{f"LUT{inputs}": LUT for inputs in range(1, 7)},
        # Two outputs of the same five inputs are one site.
        "LUT6_2": LUT,
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
        "PS7": NOTHING,
    },
    parts={
        "mac": "dsp48e1.dsp48e1_mac",
        "rom": "lut_rom.lut_rom",
        "sum": "carry4.carry4_sum",
        "multiplexer": "multiplexer.multiplexer",
        "lut": "lut6.lut6",
        "pair": "lut6.lut6_pair",
        "chain": "lut6.lut6_chain",
    },
    synthesis="synth_xilinx",
    # All blocks are instantiated. Yosys 0.70 would put registers into them that they have already,
    # and find others that lose sign bits.
    synthesis_options="-family xc7 -flatten -nodsp",
    bare_options="-noiopad -noclkbuf",
    # They only tell where hierarchy was, and nextpnr-xilinx tries to place them.
    after_synthesis=("delete t:$scopeinfo",),
    own_blocks=True,
    netlist=NetlistCells(
        library="xilinx/cells_sim.v",
        models={
            "RAMB18E1": ("block_ram_core.v", "ramb18e1.v"),
            "RAMB36E1": ("block_ram_core.v", "ramb36e1.v"),
            **{name: ("lut.v",) for name in ("LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "LUT6_2")},
        },
    ),
    pll="plle2",
    # Amaranth's domain has STARTUPE2, which nextpnr cannot place.
    oscillator_as_clock=False,
    toolchain="xilinx",
)
