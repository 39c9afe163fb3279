"""Tie-offs of DSP blocks in a FASM, from the netlist's constants and what nextpnr wrote."""

import pytest

from build_decoder.boards.xilinx.open_tools.complete_fasm import (
    PINS,
    SIGNAL,
    FasmError,
    complete,
    netlist_pins,
)

SITES = [("DSP_L_X8Y0", "DSP_0"), ("DSP_L_X8Y0", "DSP_1"), ("DSP_R_X13Y55", "DSP_0")]


def features(blocks, *, pins=PINS):
    """FASM of nextpnr for blocks, each given by its values at `PINS`."""
    lines = ["# comment", ""]
    for (tile, dsp), values in zip(SITES, blocks, strict=False):
        lines.append(f"{tile}.DSP48.{dsp}.MASK[45:0]=46'b1")
        lines.append(f"{tile}.{dsp}_CEAD.DSP_GND_{tile[4]}")
        lines += [
            f"{tile}.DSP48.{dsp}.ZIS_{bus}_INVERTED[{bit}]"
            for (bus, bit), value in zip(pins, values, strict=True) if value != "0"
        ]
        lines.append(f"{tile}.DSP48.{dsp}.ZIS_OPMODE_INVERTED[0]")
    return "\n".join(lines) + "\n"


def added(fasm, blocks):
    completed = complete(fasm, blocks)
    assert completed.startswith(fasm)
    return completed[len(fasm):].split()


def block(**values):
    """Values at `PINS`: all 0 but those given, such as ``INMODE2="1"``."""
    return tuple(values.get(f"{bus}{bit}", "0") for bus, bit in PINS)


def test_pins_of_a_netlist():
    cell = {
        "type": "DSP48E1",
        "connections": {
            "INMODE": ["0", "1", 5, "x", "0"], "ALUMODE": ["1", "1", "0"],
            "OPMODE": [1, 2, 3, 4, 5, 6, 7],
        },
    }  # fmt: skip
    other = {"type": "LUT6", "connections": {}}
    netlist = {"modules": {"top": {"cells": {"a": cell, "b": other}}}}
    assert netlist_pins(netlist) == [block(INMODE1="1", INMODE2=SIGNAL, OPMODE6=SIGNAL)]


def test_zeros_are_tied_to_ground_and_ones_to_supply():
    one = block(INMODE2="1")
    lines = added(features([one]), [one])
    assert lines[:4] == [
        "DSP_L_X8Y0.DSP_0_INMODE0.DSP_GND_L",
        "DSP_L_X8Y0.DSP48.DSP_0.ZIS_INMODE_INVERTED[0]",
        "DSP_L_X8Y0.DSP_0_INMODE1.DSP_GND_L",
        "DSP_L_X8Y0.DSP48.DSP_0.ZIS_INMODE_INVERTED[1]",
    ]
    assert lines[4] == "DSP_L_X8Y0.DSP_0_INMODE2.DSP_VCC_L"
    assert lines[-2:] == [
        "DSP_L_X8Y0.DSP_0_OPMODE6.DSP_GND_L", "DSP_L_X8Y0.DSP48.DSP_0.ZIS_OPMODE_INVERTED[6]"
    ]  # fmt: skip
    assert len(lines) == 15


def test_what_all_blocks_have_needs_no_inverters_to_tell_it():
    """Whether nextpnr makes a constant with an inverter or without."""
    one, zero = block(INMODE2="1"), block()
    for written in (zero, one, ("1",) * len(PINS)):
        assert set(complete(features([written]), [one]).split()) >= {
            "DSP_L_X8Y0.DSP_0_INMODE2.DSP_VCC_L", "DSP_L_X8Y0.DSP_0_INMODE1.DSP_GND_L",
            *(f"DSP_L_X8Y0.DSP48.DSP_0.ZIS_{bus}_INVERTED[{bit}]" for bus, bit in PINS),
        }  # fmt: skip


def test_blocks_may_differ():
    blocks = [block(INMODE2="1"), block(), block(ALUMODE3="1")]
    lines = added(features(blocks), [blocks[1], blocks[2], blocks[0]])
    supplied = [line for line in lines if "VCC" in line]
    assert supplied == [
        "DSP_L_X8Y0.DSP_0_INMODE2.DSP_VCC_L", "DSP_R_X13Y55.DSP_0_ALUMODE3.DSP_VCC_R"
    ]  # fmt: skip
    assert "DSP_R_X13Y55.DSP_0_OPMODE6.DSP_GND_R" in lines


def test_a_signal_is_not_tied():
    blocks = [block(OPMODE6=SIGNAL), block()]
    lines = added(features(blocks), blocks)
    assert [line for line in lines if "OPMODE6" in line] == ["DSP_L_X8Y0.DSP_1_OPMODE6.DSP_GND_L"]


def test_no_blocks_no_change():
    fasm = "CLBLL_L_X2Y0.SLICEL_X0.A5FF.ZINI\n"
    assert complete(fasm, []) == fasm


@pytest.mark.parametrize("inverter_off", [False, True])
def test_tie_offs_of_a_newer_nextpnr_are_taken_over(inverter_off):
    values = block(INMODE2="1")
    fasm = features([values])
    for (bus, bit), value in zip(PINS, values, strict=True):
        supply = "GND" if value == "0" else "VCC"
        fasm += f"DSP_L_X8Y0.DSP_0_{bus}{bit}.DSP_{supply}_L\n"
        if value == "0" and inverter_off:
            fasm += f"DSP_L_X8Y0.DSP48.DSP_0.ZIS_{bus}_INVERTED[{bit}]\n"
    lines = [] if inverter_off else [
        f"DSP_L_X8Y0.DSP48.DSP_0.ZIS_{bus}_INVERTED[{bit}]"
        for (bus, bit), value in zip(PINS, values, strict=True) if value == "0"
    ]  # fmt: skip
    assert added(fasm, [values]) == lines
    again = complete(fasm, [values])
    assert complete(again, [values]) == again


@pytest.mark.parametrize(
    ("blocks", "netlist", "says"),
    [
        ([block()], [], "expected 0 DSP48E1 as in the netlist, got 1"),
        ([], [block()], "expected 1 DSP48E1 as in the netlist, got 0"),
        (
            [block(), block()], [block(), block(INMODE2="1")],
            "netlist, .* 1 x 0 0 0 0 0 0 0 0, 1 x 0 0 1 0 0 0 0 0, got .* 2 x 0 0 0 0 0 0 0 0",
        ),
        ([block(INMODE2="1")] * 2, [block(), block(INMODE2="1")], "as in the netlist"),
        ([block(OPMODE6=SIGNAL)] * 2, [block(), block(OPMODE6=SIGNAL)], "as in the netlist"),
        # Each pin is right as a whole, but not together with the other.
        (
            [block(INMODE2="1"), block(INMODE3="1")], [block(INMODE2="1", INMODE3="1"), block()],
            "as in the netlist",
        ),
        (
            [block(INMODE2="1"), block(INMODE2=SIGNAL)],
            [block(INMODE2="1"), block(INMODE2=SIGNAL)],
            "expected DSP_L_X8Y0.DSP_0_INMODE2 without constant 1 in all DSP48E1 or without signal",
        ),
    ],
)  # fmt: skip
def test_a_fasm_that_is_not_the_netlists_is_refused(blocks, netlist, says):
    with pytest.raises(FasmError, match=says):
        complete(features(blocks), netlist)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("DSP_L_X8Y0.DSP48.DSP_0.ZIS_INMODE_INVERTED[4:0]=5'b11111", "a feature of one bit"),
        ("DSP_L_X8Y0.DSP48.DSP_0.ZIS_INMODE_INVERTED[1] = 0", "a feature of one bit"),
        ("DSP_L_X8Y0.DSP_0_INMODE1.DSP_VCC_L", "without inverter, got an inverter"),
        (
            "DSP_L_X8Y0.DSP_0_INMODE1.DSP_VCC_L\nDSP_L_X8Y0.DSP48.DSP_0.ZIS_INMODE_INVERTED[1]",
            "as in the netlist",
        ),
        (
            "DSP_L_X8Y0.DSP_0_INMODE1.DSP_VCC_L\nDSP_L_X8Y0.DSP_0_INMODE1.DSP_GND_L",
            "expected one tie-off of DSP_L_X8Y0.DSP_0_INMODE1, got two",
        ),
    ],
)
def test_features_that_are_not_understood_are_refused(line, says):
    with pytest.raises(FasmError, match=says):
        complete(features([block()]) + line + "\n", [block()])
