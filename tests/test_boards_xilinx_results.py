"""Figures in logs and reports of the toolchains of 7-series FPGAs."""

import pytest

from build_decoder.boards.reports import PlacedResources
from build_decoder.boards.xilinx.results import (
    nextpnr_fmax,
    nextpnr_placed,
    untimed_paths,
    vivado_fmax,
    vivado_placed,
    vivado_version,
)

TABLE = """
Info: Device utilisation:
Info: 	          SLICE_LUTX:   {lut}/106400     0%
Info: 	           SLICE_FFX:   439/106400     0%
Info: 	              CARRY4:    62/13300     0%
Info: 	{ram}:     3/  280     1%
Info: 	            RAMB36E1:     2/  140     1%
Info: 	{dsp}:     3/  220     1%

Info: Placed 0 cells based on constraints.
Info: Max frequency for clock '$PACKER_VCC_NET': 999.00 MHz (PASS at 100.00 MHz)
"""


@pytest.mark.parametrize(
    ("ram", "dsp"), [("RAMB18E1", "DSP48E1"), ("RAMB18E1_RAMB18E1", "DSP48E1_DSP48E1")]
)
def test_sites_are_those_of_the_last_table(ram, dsp):
    log = TABLE.format(lut=1, ram=ram, dsp=dsp) + TABLE.format(lut=578, ram=ram, dsp=dsp)
    assert nextpnr_placed(log) == PlacedResources(lut=578, ff=439, dsp=3, bram=3.5)


def test_what_is_not_told_is_not_known():
    assert nextpnr_placed("Info: nothing") == PlacedResources()
    assert nextpnr_fmax("Info: nothing") is None
    assert vivado_version("nothing") is None


def test_fmax_is_the_lowest_after_routing():
    log = "\n".join(
        f"Info: Max frequency for clock   {clock}: {mhz} MHz (PASS at 100.00 MHz)"
        for clock, mhz in (("'a'", "90.00"), ("'b'", "150.00"), ("'a'", "183.60"), ("b", "214.80"))
    )
    assert nextpnr_fmax(log) == 183.6


@pytest.mark.parametrize(
    ("placer", "placed", "untimed"),
    [
        ("nextpnr-xilinx", PlacedResources(dsp=3, bram=2), "to and from DSP48E1 and block RAM"),
        ("nextpnr-xilinx", PlacedResources(dsp=0, bram=0.5), "to and from block RAM"),
        ("nextpnr-xilinx", PlacedResources(dsp=0, bram=0), None),
        ("nextpnr-xilinx", PlacedResources(), "to and from DSP48E1 and block RAM"),
        ("nextpnr-himbaechel", PlacedResources(dsp=3, bram=2), "to and from DSP48E1"),
        ("nextpnr-himbaechel", PlacedResources(dsp=0, bram=2), None),
        ("vivado", PlacedResources(dsp=3, bram=2), None),
    ],
)
def test_paths_that_are_not_timed(placer, placed, untimed):
    assert untimed_paths(placer, placed) == untimed


def test_reports_of_vivado(tmp_path):
    timing, utilization = tmp_path / "timing.rpt", tmp_path / "utilization.rpt"
    assert vivado_fmax(timing, 100) is None
    assert vivado_placed(utilization) == PlacedResources()
    timing.write_text("    WNS(ns)   TNS(ns)\n    -------   -------\n      1.999     0.000\n")
    assert vivado_fmax(timing, 100) == pytest.approx(1e3 / 8.001)
    timing.write_text("    WNS(ns)   TNS(ns)\n    -------   -------\n         NA        NA\n")
    assert vivado_fmax(timing, 100) is None
    utilization.write_text("| Slice LUTs*    |  481 |  0 |\n| DSPs    |    0 |     0 |\n")
    assert vivado_placed(utilization) == PlacedResources(lut=481, dsp=0)
    assert vivado_version("****** Vivado v2023.2.1 (64-bit)\n") == "2023.2.1"
