"""Stand-ins for the tools of 7-series FPGAs that read, refuse and write what the real ones do.

As nextpnr-xilinx 0.8.2, nextpnr-himbaechel 0.11.1 and Project X-Ray's tools were seen to behave,
their faults included. `install` makes programs, which run this file; it needs nothing but Python.
What a stand-in was called with is noted in ``calls.txt`` in its working folder.

``STAND_IN_<TOOL>`` in the environment makes one misbehave: ``say TEXT`` prints a line more, ``fail
TEXT`` prints it and ends with status 9, ``nothing`` ends with status 0 and does nothing.
"""

import argparse
import json
import os
import re
import shlex
import stat
import sys
import zlib
from pathlib import Path

PART = "xc7z020clg400-1"
OPEN_TOOLS = ("nextpnr-xilinx", "fasm2frames", "xc7frames2bit")
HIMBAECHEL_TOOLS = ("nextpnr-himbaechel", "fasm2frames", "xc7frames2bit")

# Site of each pin that the board's constraints name: tile of the buffer, number in it.
SITES = {"H16": 0, "Y16": 1, "Y19": 2, "R14": 3, "P14": 4, "N16": 5, "M14": 6}
MODE_PINS = (
    *(("INMODE", bit) for bit in range(5)), ("ALUMODE", 2), ("ALUMODE", 3), ("OPMODE", 6)
)  # fmt: skip
TIED_BY_NEXTPNR = (
    "RSTD", "CARRYINSEL[2]", "CED", "CEAD", "CEINMODE", "CEALUMODE", *(f"D[{n}]" for n in range(25))
)  # fmt: skip

FEATURES = tuple(
    re.compile(pattern)
    for pattern in (
        r"LIOB33_X0Y\d+\.IOB_Y[01]\.LVCMOS33_LVTTL\.DRIVE\.I12_I16",
        r"LIOB33_X0Y\d+\.IOB_Y[01]\.LVCMOS25_LVCMOS33_LVTTL\.IN",
        r"LIOB33_X0Y\d+\.IOB_Y[01]\.PULLTYPE\.(NONE|PULLUP|PULLDOWN|KEEPER)",
        r"LIOI3_X0Y\d+\.OLOGIC_Y[01]\.(OMUX\.D1|OQUSED|ZINV_T1|OSERDES\.DATA_RATE_TQ\.BUF)",
        r"DSP_[LR]_X\d+Y\d+\.DSP_[01]_(D\d+|CED|CEAD|RSTD|CEINMODE|CEALUMODE|CARRYINSEL2"
        r"|INMODE[0-4]|ALUMODE[23]|OPMODE6)\.DSP_(GND|VCC)_[LR]",
        r"DSP_[LR]_X\d+Y\d+\.DSP48\.DSP_[01]\.ZIS_(INMODE|ALUMODE|OPMODE)_INVERTED\[\d\]",
        r"DSP_[LR]_X\d+Y\d+\.DSP48\.DSP_[01]\.(ZIS_CLK_INVERTED|USE_DPORT\[0\]|MASK\[45:0\]=.*)",
    )
)


def install(folder: Path, *tools: str, prefix: str = "", without_xilinx: bool = False) -> None:
    """Programs of these tools in ``folder``, called ``prefix`` and their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for tool in tools:
        path = folder / (prefix + tool)
        call = [sys.executable, os.path.abspath(__file__), tool + "!" * without_xilinx]
        path.write_text(f'#!/bin/sh\nexec {shlex.join(call)} "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


def make_database(root: Path, part: str = PART) -> None:
    """A database of Project X-Ray with the zynq7 family and one part."""
    folder = root / "zynq7" / part
    folder.mkdir(parents=True)
    (folder / "part.yaml").write_text("!<xilinx/xc7series/part>\nidcode: 0x3727093\n")
    (folder / "part.json").write_text('{"iobanks": {}}\n')


def make_chipdb(folder: Path, name: str = "xc7z020clg400") -> None:
    """A chip database of nextpnr-xilinx."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.bin").write_bytes(b"chipdb of xc7z020")


def stop(message: str, status: int = 1):
    """End as nextpnr does."""
    print(f"ERROR: {message}", flush=True)
    sys.exit(status)


def parse_xdc(text: str) -> dict[str, dict[str, str]]:
    """Attributes by port, of ``set_property``; values keep their quotes, names lose them."""
    attributes = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].split()
        if words[:1] == ["set_property"]:
            port = words[4].rstrip("]").strip('"')
            attributes.setdefault(port, {})[words[1]] = words[2]
        elif words[:1] == ["create_clock"] and "-name" in words:
            print(f"Warning: ignoring unsupported XDC option '-name' (on line {number})")
    return attributes


def constant(cell: dict, port: str) -> str | None:
    """The constant at a port such as ``D[3]``; None for a signal. Open ports are 0."""
    name, _, index = port.rstrip("]").partition("[")
    bits = cell["connections"].get(name, [])
    bit = bits[int(index or 0)] if int(index or 0) < len(bits) else "0"
    return {"0": "0", "1": "1", "x": "0"}.get(bit)


def check_cells(cells: dict, *, upstream: bool) -> None:
    """Stop at what cannot be placed or routed."""
    for name, cell in cells.items():
        if cell["type"] == "$scopeinfo" and not upstream:
            stop(f"Unable to place cell '{name}', no Bels remaining of type '$scopeinfo'")
        if cell["type"] == "DSP48E1":
            for port in ("CARRYCASCIN", "MULTSIGNIN"):
                if cell["connections"].get(port, ["x"])[0] in ("0", "1"):
                    stop(f"Unrouteable $PACKER_GND_NET sink {name}.{port} (DSP48_X1Y12/{port})")


def io_features(cells: dict, ports: dict, xdc: dict, *, upstream: bool) -> list[str]:
    """Features of all buffers at pins."""
    features = []
    port_of = {bits["bits"][0]: name for name, bits in ports.items()}
    for cell in cells.values():
        pad = {"IBUF": "I", "OBUF": "O", "OBUFT": "O"}.get(cell["type"])
        if pad is None:
            continue
        asked = xdc[port_of[cell["connections"][pad][0]]]
        site = SITES[asked["LOC"]]
        iob = f"LIOB33_X0Y{2 * site + 1}.IOB_Y{site % 2}"
        ologic = f"LIOI3_X0Y{2 * site + 1}.OLOGIC_Y{site % 2}"
        features.append(f"{iob}.PULLTYPE.{asked.get('PULLTYPE', 'NONE')}")
        known = asked.get("IOSTANDARD") == "LVCMOS33"
        if pad == "I" and known:
            features.append(f"{iob}.LVCMOS25_LVCMOS33_LVTTL.IN")
        if pad == "O":
            features += [f"{ologic}.OMUX.D1", f"{ologic}.OQUSED"]
            if known:
                features.append(f"{iob}.LVCMOS33_LVTTL.DRIVE.I12_I16")
        if cell["type"] == "OBUFT":
            features.append(f"{ologic}.OSERDES.DATA_RATE_TQ.BUF")
            if not upstream:
                features.append(f"{ologic}.ZINV_T1")
    return features


def dsp_features(cells: dict) -> list[str]:
    """Features of DSP blocks, without the tie-offs of mode pins: one column up, two a tile."""
    features = []
    blocks = [cell for cell in cells.values() if cell["type"] == "DSP48E1"]
    for number, cell in enumerate(blocks):
        side, column = ("L", 8) if number < 80 else ("R", 13)
        tile, dsp = f"DSP_{side}_X{column}Y{5 * (number // 2)}", f"DSP_{number % 2}"
        block = f"{tile}.DSP48.{dsp}"
        features += [f"{block}.ZIS_CLK_INVERTED", f"{block}.MASK[45:0]=46'b{'1' * 46}"]
        for bus, width in (("ALUMODE", 4), ("INMODE", 5), ("OPMODE", 7)):
            # A constant 0 becomes a 1 and an inverter.
            features += [
                f"{block}.ZIS_{bus}_INVERTED[{bit}]" for bit in range(width)
                if constant(cell, f"{bus}[{bit}]") != "0"
            ]
        for port in TIED_BY_NEXTPNR:
            if (value := constant(cell, port)) is not None:
                pin = port.replace("[", "").replace("]", "")
                features.append(f"{tile}.{dsp}_{pin}.DSP_{'GND' if value == '0' else 'VCC'}_{side}")
    return features


def nextpnr(tool: str, arguments: list[str], *, without_xilinx: bool) -> None:
    """nextpnr-xilinx or nextpnr-himbaechel."""
    upstream = tool == "nextpnr-himbaechel"
    parser = argparse.ArgumentParser()
    for option in ("chipdb", "xdc", "fasm", "json", "freq", "seed", "device"):
        parser.add_argument(f"--{option}")
    parser.add_argument("-o", action="append", default=[])
    for option in ("timing-allow-fail", "version"):
        parser.add_argument(f"--{option}", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.version:
        print(f'"{tool}" -- Next Generation Place and Route (Version 0.8.2)')
        sys.exit(1)
    if upstream:
        if without_xilinx:
            stop(f"unable to load uarch for device '{asked.device}', included uarches: gowin")
        if asked.device != PART:
            stop(f"Invalid device {asked.device}")
        files = dict(option.split("=", 1) for option in asked.o)
        asked.xdc, asked.fasm = files.get("xdc"), files.get("fasm")
    elif not asked.chipdb or not Path(asked.chipdb).read_bytes().startswith(b"chipdb of xc7z020"):
        stop("chip database binary must be provided")
    if asked.json is None:
        return
    print(f"Info: placing for {float(asked.freq):g} MHz with seed {int(asked.seed)}")
    module = json.loads(Path(asked.json).read_text())["modules"]["top"]
    cells = module["cells"]
    xdc = parse_xdc(Path(asked.xdc).read_text())
    check_cells(cells, upstream=upstream)
    features = io_features(cells, module.get("ports", {}), xdc, upstream=upstream)
    features += dsp_features(cells)
    Path(asked.fasm).write_text("".join(f"{feature}\n" for feature in features) + "\n# end\n")
    kinds = [cell["type"] for cell in cells.values()]
    twice = upstream  # names of sites, which the other shortens
    table = (
        ("SLICE_LUTX", sum(kind.startswith("LUT") for kind in kinds) + 7, 106400),
        ("SLICE_FFX", sum(kind.startswith("FD") for kind in kinds), 106400),
        ("DSP48E1" + "_DSP48E1" * twice, kinds.count("DSP48E1"), 220),
        ("RAMB18E1" + "_RAMB18E1" * twice, kinds.count("RAMB18E1"), 280),
        ("RAMB36E1" + "_RAMB36E1" * twice, kinds.count("RAMB36E1"), 140),
    )
    print("\nInfo: Device utilisation:")
    for name, used, all_there in table:
        print(f"Info: \t{name:>20}: {used:5}/{all_there:5} {100 * used // all_there:5}%")
    print("\nInfo: Max frequency for clock 'clk': 90.00 MHz (FAIL at 100.00 MHz)")
    print("Info: Max frequency for clock 'clk': 123.45 MHz (PASS at 100.00 MHz)")


def fasm2frames(arguments: list[str]) -> None:
    """Project X-Ray's assembler: one frame a feature, on standard output."""
    parser = argparse.ArgumentParser()
    for option in ("part", "db-root"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("fasm")
    asked = parser.parse_args(arguments)
    json.loads(Path(asked.db_root, asked.part, "part.json").read_text())
    for line in Path(asked.fasm).read_text().splitlines():
        feature = line.split("#")[0].strip()
        if feature and not any(known.fullmatch(feature) for known in FEATURES):
            raise SystemExit(
                "Traceback (most recent call last):\n"
                f"prjxray.fasm_assembler.FasmLookupError: key {feature} not found"
            )
        if feature:
            words = ",".join(f"0x{zlib.crc32(feature.encode()):08X}" for _ in range(101))
            sys.stdout.write(f"0x{0x00400000 + zlib.crc32(feature.encode()) % 4096:08X} {words}\n")


def xc7frames2bit(arguments: list[str]) -> None:
    """Project X-Ray's writer of bitstreams."""
    parser = argparse.ArgumentParser()
    for option in ("part_file", "part_name", "frm_file", "output_file"):
        parser.add_argument(f"--{option}", required=True)
    asked = parser.parse_args(arguments)
    if "idcode" not in Path(asked.part_file).read_text():
        raise SystemExit("Part file not found or invalid")
    frames = Path(asked.frm_file).read_text()
    words = [int(word, 16) for line in frames.split() for word in line.split(",")]
    header = b"\xaa\x99\x55\x66" + asked.part_name.encode()
    Path(asked.output_file).write_bytes(header + b"".join(w.to_bytes(4, "big") for w in words))


def vivado(arguments: list[str]) -> None:
    """Vivado in batch mode, with the reports that the project's figures come from."""
    script = Path(arguments[arguments.index("-source") + 1]).read_text()
    assert f"-part {PART}" in script
    assert "set_property LOC" in Path("top.xdc").read_text()
    print("\n****** Vivado v2022.1 (64-bit)\n  **** SW Build 3526262")
    Path("top_timing.rpt").write_text(
        "| Design Timing Summary\n\n"
        "    WNS(ns)      TNS(ns)  TNS Failing Endpoints\n"
        "    -------      -------  ---------------------\n"
        "     -2.500     -100.000                     44\n"
    )
    Path("top_utilization_place.rpt").write_text(
        "|          Site Type         | Used | Fixed | Prohibited | Available | Util% |\n"
        "+----------------------------+------+-------+------------+-----------+-------+\n"
        "| Slice LUTs                 |  481 |     0 |          0 |     53200 |  0.90 |\n"
        "|   LUT as Logic             |  473 |     0 |          0 |     53200 |  0.89 |\n"
        "| Slice Registers            |  439 |     0 |          0 |    106400 |  0.41 |\n"
        "| Block RAM Tile    |  1.5 |     0 |          0 |       140 |  1.07 |\n"
        "| DSPs           |    3 |     0 |          0 |       220 |  1.36 |\n"
    )
    Path("top.bit").write_bytes(b"bits")


def main(tool: str, arguments: list[str]) -> None:
    """Be ``tool``; an exclamation mark at its end: built without the Xilinx architecture."""
    name = tool.rstrip("!")
    with open("calls.txt", "a") as calls:
        calls.write(json.dumps([name, *arguments]) + "\n")
    told = os.environ.get(f"STAND_IN_{name.upper().replace('-', '_')}", "")
    kind, _, text = told.partition(" ")
    if text:
        print(text, file=sys.stderr, flush=True)
    if kind == "fail":
        sys.exit(9)
    if kind == "nothing":
        return
    if name.startswith("nextpnr"):
        nextpnr(name, arguments, without_xilinx=tool.endswith("!"))
    else:
        {"fasm2frames": fasm2frames, "xc7frames2bit": xc7frames2bit, "vivado": vivado}[name](
            arguments
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
