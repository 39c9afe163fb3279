"""Lattice's iCE40 UltraPlus."""

from build_decoder.hdl.cells import BRAM, DSP, FF, LUT, NOTHING
from build_decoder.hdl.family import Family, NextpnrNames
from build_decoder.hdl.planning.dsp_block import DspBlock

__all__ = ["FAMILY"]

FAMILY = Family(
    name="ice40",
    title="iCE40",
    amaranth="iCE40",
    # FPGA-TN-02007; of its accumulator, Yosys makes no use here.
    dsp=DspBlock(name="SB_MAC16", weight=16, x=16, unsigned=True, accumulator=0, packs=False),
    dsp_luts=0,
    lut_rows=16,
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
    synthesis="synth_ice40",
    synthesis_options="-dsp",
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
