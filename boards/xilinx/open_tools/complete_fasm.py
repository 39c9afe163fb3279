"""Ties constant mode pins of DSP48E1 in nextpnr's FASM: ``complete_fasm.py JSON FASM OUTPUT``.

Each of `PINS` has two tie-offs in its tile, to ground and to supply, and an inverter behind them.
nextpnr leaves the tie-offs out: for a 0 it turns the inverter on, for a 1 it leaves the inverter
off. On hardware such pins are not what they should be, and products are wrong (pull request 159 of
openXC7/nextpnr-xilinx). Written here is what Vivado writes: the tie-off of the value, and the
inverter off (``ZIS_..._INVERTED``).

A FASM has no names of cells. A pin that has the same constant in all blocks of the netlist gets
that. For the others, nextpnr's inverters tell the blocks apart; what they give for all blocks
together has to be what the netlist has, else it is an error. A newer nextpnr may write tie-offs by
itself: those are taken over.

The file is copied into build packages, so it needs nothing but Python.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter

__all__ = ["FasmError", "complete", "netlist_pins"]

PINS = (
    *(("INMODE", bit) for bit in range(5)), ("ALUMODE", 2), ("ALUMODE", 3), ("OPMODE", 6)
)  # fmt: skip
"""Pins of a DSP48E1 that have tie-offs and an inverter in their tile."""

SIGNAL = "signal"

_BUS = "(INMODE|ALUMODE|OPMODE)"
_BLOCK = re.compile(r"(DSP_([LR])_X\d+Y\d+)\.DSP48\.(DSP_[01])\.(\S+)")
_INVERTER = re.compile(rf"ZIS_{_BUS}_INVERTED(.*)")
_TIE_OFF = re.compile(
    rf"(DSP_[LR]_X\d+Y\d+)\.(DSP_[01])_{_BUS}(\d)\.DSP_(GND|VCC)_[LR]"
)  # fmt: skip


class FasmError(Exception):
    """The FASM is not what the netlist should give. The message is one line."""


def netlist_pins(netlist: dict) -> list[tuple[str, ...]]:
    """For each DSP48E1 of Yosys' JSON netlist: what drives `PINS`, ``0``, ``1`` or `SIGNAL`.

    An open pin is 0, as nextpnr has it.
    """
    return [
        tuple(_driver(cell["connections"].get(bus, []), bit) for bus, bit in PINS)
        for module in netlist["modules"].values()
        for cell in module["cells"].values()
        if cell["type"] == "DSP48E1"
    ]


def _driver(bits, index):
    bit = bits[index] if index < len(bits) else "x"
    return {"0": "0", "x": "0", "z": "0", "1": "1"}.get(bit, SIGNAL)


def complete(fasm: str, pins: list[tuple[str, ...]]) -> str:
    """``fasm`` with the tie-offs of all blocks of a netlist whose `netlist_pins` are ``pins``.

    Raises
    ------
    FasmError
        If the blocks in ``fasm`` are not those of the netlist.
    """
    blocks, inverters_off, ties = _read(fasm)
    if len(blocks) != len(pins):
        raise FasmError(f"expected {len(pins)} DSP48E1 as in the netlist, got {len(blocks)}")
    found, added = [], []
    for tile, side, dsp in blocks:
        values = []
        for number, (bus, bit) in enumerate(PINS):
            off = (tile, dsp, bus, bit) in inverters_off
            tie = ties.get((tile, dsp, bus, bit))
            in_netlist = {block[number] for block in pins}
            value = _value(f"{tile}.{dsp}_{bus}{bit}", off, tie, in_netlist)
            values.append(value)
            if value == SIGNAL:
                continue
            if tie is None:
                supply = "GND" if value == "0" else "VCC"
                added.append(f"{tile}.{dsp}_{bus}{bit}.DSP_{supply}_{side}")
            if not off:
                added.append(f"{tile}.DSP48.{dsp}.ZIS_{bus}_INVERTED[{bit}]")
        found.append(tuple(values))
    if Counter(found) != Counter(pins):
        raise FasmError(
            f"expected mode pins of the DSP48E1 as in the netlist, {_summary(pins)}, got "
            f"{_summary(found)}"
        )
    return "\n".join([fasm.rstrip("\n"), *added, ""]) if added else fasm


def _value(pin, inverter_off, tie, in_netlist):
    """What a pin is, where the netlist has these values of it in all blocks."""
    if tie is not None:
        if len(tie) > 1:
            raise FasmError(f"expected one tie-off of {pin}, got two")
        if tie == {"VCC"} and not inverter_off:
            raise FasmError(f"expected the tie-off of {pin} without inverter, got an inverter")
        return "0" if tie == {"GND"} else "1"
    if len(in_netlist) == 1:
        return next(iter(in_netlist))
    if not inverter_off:
        return "0"
    if in_netlist >= {"1", SIGNAL}:
        raise FasmError(
            f"expected {pin} without constant 1 in all DSP48E1 or without signal in all, got a "
            f"netlist with both"
        )
    return SIGNAL if SIGNAL in in_netlist else "1"


def _read(fasm):
    blocks, inverters_off, ties = {}, set(), {}
    for line in fasm.splitlines():
        feature = line.split("#")[0].strip()
        if match := _BLOCK.match(feature):
            tile, side, dsp, setting = match.groups()
            blocks[tile, side, dsp] = True
            if inverter := _INVERTER.match(setting):
                bus, index = inverter.groups()
                if not re.fullmatch(r"\[\d\]", index) or feature != match.group():
                    raise FasmError(f"expected a feature of one bit, got {feature}")
                inverters_off.add((tile, dsp, bus, int(index[1])))
        elif match := _TIE_OFF.fullmatch(feature):
            tile, dsp, bus, bit, supply = match.groups()
            ties.setdefault((tile, dsp, bus, int(bit)), set()).add(supply)
    return list(blocks), inverters_off, ties


def _summary(pins):
    names = " ".join(f"{bus}{bit}" for bus, bit in PINS)
    rows = (f"{number} x {' '.join(row)}" for row, number in sorted(Counter(pins).items()))
    return f"({names}) " + ", ".join(rows)


def main(arguments: list[str]) -> int:
    """Complete a file; 0 if all is well, else 1."""
    netlist, fasm, output = arguments
    with open(netlist) as file:
        pins = netlist_pins(json.load(file))
    with open(fasm) as file:
        text = file.read()
    try:
        completed = complete(text, pins)
    except FasmError as error:
        print(f"error: {fasm}: {error}", file=sys.stderr)
        return 1
    with open(output, "w") as file:
        file.write(completed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
