"""The Verilog around a shell: ports as cocotbext-axi knows them, and checks of what it drives."""

from collections.abc import Iterator

from amaranth import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In

__all__ = ["SHELL", "wrapper"]

SHELL = "shell"
"""Name of the shell's module."""

_AXI4_LEN_BITS = 8
# Verilator hides what has no such mark.
_MARKS = {"input": "/* verilator public_flat_rw */", "output": "/* verilator public_flat_rd */"}
# Of each channel, what has to stay while it is valid and not ready.
_HELD = {
    "aw": ("id", "addr", "len", "size", "burst"),
    "w": ("data", "strb", "last"),
    "b": ("id", "resp"),
    "ar": ("id", "addr", "len", "size", "burst"),
    "r": ("id", "data", "resp", "last"),
}


def wrapper(shell: wiring.Component) -> str:
    """Module ``bench`` around the module `SHELL` of ``shell``.

    Lengths of bursts have 8 bits outside, as in AXI4. Output ``faults`` counts cycles in which the
    shell took back or changed what it had offered, or asked for a burst over a boundary of 4 KiB,
    and bursts of more than 16 beats that it was sent; ``cycle`` counts cycles.
    """
    ports = [f"input {name} {_MARKS['input']}" for name in ("clk", "rst")]
    inside, checks = [".clk(clk)", ".rst(rst)"], []
    for name, member in shell.signature.members.items():
        prefix = f"{name}_"
        found = dict(_ports(member))
        for port, (direction, width) in found.items():
            wide = _AXI4_LEN_BITS if port.endswith("len") else width
            ports.append(f"{direction} [{wide - 1}:0] {prefix}{port} {_MARKS[direction]}")
            connected = f"{prefix}{port}"
            if wide != width and direction == "input":
                connected += f"[{width - 1}:0]"
                valid = connected.split("len")[0] + "valid"
                checks.append(f"({valid} && {prefix}{port} > 15)")
            elif wide != width:
                inside.append(f".{name}__{port}({prefix}{port}[{width - 1}:0])")
                checks.append(_crossing(prefix + port.removesuffix("len")))
                continue
            inside.append(f".{name}__{port}({connected})")
        for channel, parts in _HELD.items():
            if found[f"{channel}valid"][0] == "output":
                held = [f"{prefix}{channel}{p}" for p in parts if f"{channel}{p}" in found]
                checks.append((f"{prefix}{channel}", held))
    return _module(ports, inside, checks, shell)


def _ports(member: wiring.Member) -> Iterator[tuple[str, tuple[str, int]]]:
    for name, part in member.signature.members.items():
        yield name, ("input" if part.flow is In else "output", Shape.cast(part.shape).width)


def _crossing(channel: str) -> str:
    end = f"{{1'b0, {channel}addr[11:0]}} + (({channel}len[3:0] + 13'd1) << {channel}size)"
    return f"({channel}valid && ({end}) > 13'd4096)"


def _module(ports: list[str], inside: list[str], checks: list, shell) -> str:
    lines = []
    faults = [check for check in checks if isinstance(check, str)]
    for channel, held in (check for check in checks if not isinstance(check, str)):
        bits = f"{{{', '.join(held)}}}"
        width = 512
        lines += [
            f"  reg {channel}_waits = 0;",
            f"  reg [{width - 1}:0] {channel}_held;",
            "  always @(posedge clk) begin",
            f"    {channel}_waits <= !rst && {channel}valid && !{channel}ready;",
            f"    {channel}_held <= {bits};",
            "  end",
        ]
        faults.append(f"({channel}_waits && !({channel}valid && {channel}_held == {bits}))")
    high = [
        f"  assign {name}_{port}[7:4] = 0;"
        for name, member in shell.signature.members.items()
        for port, (direction, _) in _ports(member)
        if port.endswith("len") and direction == "output"
    ]
    counters = [
        f"output reg {each} {_MARKS['output']}" for each in ("[31:0] faults", "[63:0] cycle")
    ]
    return "\n".join([
        "module bench(",
        "  " + ",\n  ".join([*ports, *counters]),
        ");",
        f"  {SHELL} dut({', '.join(inside)});",
        *high,
        *lines,
        "  initial begin faults = 0; cycle = 0; end",
        "  always @(posedge clk) begin",
        "    cycle <= cycle + 1;",
        f"    if (rst) faults <= 0; else if ({' || '.join(faults)}) faults <= faults + 1;",
        "  end",
        "endmodule",
        "",
    ])  # fmt: skip
