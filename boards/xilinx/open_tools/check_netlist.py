"""Whether the open place and route tools take a netlist as it is meant: ``check_netlist.py JSON``.

What is refused here they either refuse too, with a message that names nothing in the design, or
take in silence for something else. The file is copied into build packages, so it needs nothing
but Python.
"""

from __future__ import annotations

import json
import sys

__all__ = ["faults"]

CASCADES = ("ACIN", "BCIN", "PCIN", "CARRYCASCIN", "MULTSIGNIN")
"""Inputs of a DSP48E1 that only another block drives."""

GROUNDED = ("ACIN", "BCIN", "PCIN")
"""Those of them that both nextpnrs take for open where they are 0."""

TRISTATE = ("OBUFT", "OBUFTDS", "IOBUF", "IOBUFDS")
INVERTERS = ("INMODE", "ALUMODE", "OPMODE")


def faults(netlist: dict) -> list[str]:
    """What the tools would not take or would misread in Yosys' JSON netlist, one line each."""
    return [
        f"{name} ({cell['type']}): {fault}"
        for module in netlist["modules"].values()
        if not _is_library(module)
        for name, cell in module["cells"].items()
        for fault in _faults_of(cell)
    ]


def _is_library(module):
    flags = ("blackbox", "whitebox")
    return any(int(str(module.get("attributes", {}).get(flag, "0")), 2) for flag in flags)


def _faults_of(cell):
    kind, ports = cell["type"], cell["connections"]
    if kind == "$scopeinfo":
        yield "expected none of these, which no tool can place"
    if kind in TRISTATE and all(isinstance(bit, str) for bit in ports.get("T", [])):
        got = "".join(ports.get("T", [])) or "nothing"
        yield f"expected a signal at T, which turns the output off, got {got}"
    if kind == "DSP48E1":
        for port in CASCADES:
            tied = {bit for bit in ports.get(port, []) if bit in ("0", "1")}
            if tied - ({"0"} if port in GROUNDED else set()):
                yield f"expected {port} open or from another DSP48E1, got a constant"
        for bus in INVERTERS:
            value = str(cell.get("parameters", {}).get(f"IS_{bus}_INVERTED", "0"))
            if set(value) != {"0"}:
                yield f"expected no inverter at {bus}, got IS_{bus}_INVERTED = {value}"


def main(arguments: list[str]) -> int:
    """Tell all faults of the netlist; 0 if there are none, else 1."""
    (path,) = arguments
    with open(path) as file:
        found = faults(json.load(file))
    for fault in found:
        print(f"error: {path}: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
