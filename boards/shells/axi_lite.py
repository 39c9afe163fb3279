"""A core with an AXI4-Lite port, for a block design or a system on chip of the user's own."""

from pathlib import Path

from amaranth.lib import wiring

from build_decoder.boards.axi.description import RegisterMap
from build_decoder.boards.axi.registers import check_count
from build_decoder.boards.board import Board
from build_decoder.boards.driver_file import DRIVER_FILE, DriverFile
from build_decoder.boards.ip_core.top import AxiLiteTop
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.hdl.planning.interface import Interface

__all__ = ["SHELL"]


def _clock_as_asked(board: Board, clock_mhz: float) -> float:
    return clock_mhz


def _top(board: Board, decoder, clock_mhz: float) -> AxiLiteTop:
    return AxiLiteTop(decoder, clock_mhz)


def _write_host(board: Board, decoder, top: AxiLiteTop, build_dir: Path, x_raw) -> None:
    DriverFile(
        interface=Interface.of(decoder), board=board.name, clock_mhz=top.clock_mhz,
        shell=SHELL.name, registers=top.registers,
    ).save(build_dir / DRIVER_FILE)  # fmt: skip


def _readme(board: Board, decoder, top: AxiLiteTop, instructions: str) -> str:
    interface = Interface.of(decoder)
    return f"""\
Decoder {interface.name} with registers on AXI4-Lite, for a design of your own

{interface.input_count} inputs in {interface.input_format}, {interface.output_count} outputs in \
{interface.output_format}.

Files
-----
{instructions}
{DRIVER_FILE} has the formats and all registers for software.

Ports
-----
{_ports(top)}

All of them belong to aclk. aresetn is synchronous to it: hold it at 0 for one rising edge or more.
s_axi is AXI4-Lite with data of 32 bits; reads and writes take turns, one access at a time, and
every access is answered, one that is not possible with SLVERR. The core wants addresses relative
to its base: connect the low {top.registers.address_bits} bits.

Timing
------
It is made for a clock of {top.clock_mhz:g} MHz, which you make and constrain. No output depends \
on an input
within a cycle. A frame takes {interface.latency_cycles} cycles from its first input to its last \
output, which
CYCLES tells; from START to DONE it takes some more, for the way through the windows.

Registers
---------
{_registers(top.registers)}

A frame: write its values to the window INPUT, 1 to CONTROL, read STATUS until BUSY is 0 and DONE
is 1, read the window OUTPUT. While BUSY is 1, accesses of the windows are answered with SLVERR.
Values lie in slots of a power of two of bits, the lowest first, none in two words.
"""


def _ports(top: AxiLiteTop) -> str:
    rows = [
        (name, "in" if member.flow == wiring.In else "out", len(getattr(top, name)))
        for name, member in top.signature.members.items()
    ]
    return "\n".join(f"{name:16} {direction:4} {width:3}" for name, direction, width in rows)


def _registers(registers: RegisterMap) -> str:
    lines = [
        f"0x{register.offset:04X} {register.name:14} {register.access:3} {register.about}"
        for register in registers.registers
    ]
    lines += [
        f"0x{window.offset:04X} {'window ' + window.name:14} {window.access:3} {window.count} "
        f"values in slots of {window.slot_bits} bits: {window.words} words"
        for window in registers.windows
    ]
    return "\n".join(lines)


SHELL = ShellKind(
    name="axi_lite",
    about="a core with an AXI4-Lite port, for a design of your own",
    made_clock_mhz=_clock_as_asked,
    check_frame=check_count,
    top=_top,
    write_host=_write_host,
    readme=_readme,
    toolchain="core",
    makes_bitstream=False,
)
