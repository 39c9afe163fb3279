"""A host at a serial line; all else is in the logic."""

from pathlib import Path

from build_decoder.boards.board import Board
from build_decoder.boards.driver_file import DRIVER_FILE, EXPECTED_FILE, DriverFile
from build_decoder.boards.feasibility import check_clock
from build_decoder.boards.protocol import check_frame_bytes
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.boards.top import Top
from build_decoder.hdl.planning.interface import Interface

__all__ = ["SHELL"]


def _check_frame(name: str, end: str, count: int) -> None:
    check_frame_bytes(name, end, count, 1)


def _write_host(board: Board, decoder, top: Top, build_dir: Path, x_raw) -> None:
    DriverFile(
        interface=Interface.of(decoder), board=board.name, baud=board.baud,
        clock_mhz=top.clock_mhz, shell=SHELL.name,
    ).save(build_dir / DRIVER_FILE)  # fmt: skip


def _readme(board: Board, decoder, top: Top, instructions: str) -> str:
    interface = Interface.of(decoder)
    return f"""\
Decoder {interface.name} for {board.title} ({board.device})

{interface.input_count} inputs in {interface.input_format}, {interface.output_count} outputs in \
{interface.output_format}; clock {top.clock_mhz:g} MHz; host link {board.baud} baud, 8N1.

Build
-----
{instructions}

Board
-----
{board.wiring}

Host
----
Needs Python with numpy, pyserial and build_decoder itself.
FOLDER is this folder (it has {DRIVER_FILE}), or the build's folder above it:

    from build_decoder.boards.driver import connect
    with connect("/dev/ttyUSB0", "FOLDER") as decoder:
        y = decoder.infer(x)

Golden data through the board, compared with {EXPECTED_FILE} in the build's folder BUILD:

    python -m build_decoder.boards.driver --port /dev/ttyUSB0 --build BUILD \\
        --golden BUILD/golden.npz

Where the board has LEDs, LED 0 changes with every frame answered, and LED 1 is lit once a request
had to be rejected.
"""


SHELL = ShellKind(
    name="uart",
    about="a host at a serial line",
    made_clock_mhz=check_clock,
    check_frame=_check_frame,
    top=Top,
    write_host=_write_host,
    readme=_readme,
)
