"""What the FPGAs have that open tools build for, by the names that Amaranth gives them."""

from collections.abc import Mapping

from build_decoder.boards.board import Capacity

__all__ = ["CAPACITIES"]


def _ecp5(lut: int, dsp: int, bram: int) -> Capacity:
    return Capacity(lut=lut, ff=lut, dsp=dsp, bram=bram, bram_bits=bram * 18_432)


def _ice40(lut: int, bram: int, dsp: int = 0) -> Capacity:
    return Capacity(lut=lut, ff=lut, dsp=dsp, bram=bram, bram_bits=bram * 4_096)


CAPACITIES: Mapping[str, Capacity] = {
    # Lattice FPGA-DS-02012, table 1.1; LUTs in thousands there, and as nextpnr counts them here.
    "LFE5U-12F": _ecp5(12_000, 28, 32),
    **{
        f"LFE5{kind}-{size}F": capacity
        for kind in ("U", "UM", "UM5G")
        for size, capacity in (
            (25, _ecp5(24_288, 28, 56)), (45, _ecp5(43_848, 72, 108)), (85, _ecp5(83_640, 156, 208))
        )
    },
    # Lattice FPGA-DS-02029, table 1.1: neither LP nor HX has DSP blocks.
    "iCE40LP384": _ice40(384, 0),
    **{
        f"iCE40{kind}{size}": capacity
        for kind in ("LP", "HX")
        for size, capacity in (
            ("1K", _ice40(1_280, 16)), ("4K", _ice40(3_520, 20)), ("8K", _ice40(7_680, 32))
        )
    },
    # Lattice FPGA-DS-02008, table 1.1. The 256 kbit single-port RAMs start empty, so they hold no
    # weights.
    "iCE40UP3K": _ice40(2_800, 20, dsp=4),
    "iCE40UP5K": _ice40(5_280, 30, dsp=8),
}
"""Whole FPGAs. A LUT and a flip-flop share a site, so that there are as many of both."""
