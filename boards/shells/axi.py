"""The processor of a Zynq-7000 as the host: a PYNQ overlay."""

from pathlib import Path

from build_decoder.boards.axi.registers import check_count
from build_decoder.boards.board import Board
from build_decoder.boards.driver_file import DRIVER_FILE, DriverFile
from build_decoder.boards.pynq.folder import FOLDER, write_board_folder
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.boards.zynq.fclk import fclk_dividers
from build_decoder.boards.zynq.top import ZynqTop
from build_decoder.hdl.planning.interface import Interface

__all__ = ["SHELL"]


def _made_clock_mhz(board: Board, clock_mhz: float) -> float:
    return fclk_dividers(clock_mhz).mhz


def _top(board: Board, decoder, clock_mhz: float) -> ZynqTop:
    return ZynqTop(decoder, clock_mhz, bitstream_copy=f"{FOLDER}/decoder.bit")


def _write_host(board: Board, decoder, top: ZynqTop, build_dir: Path, x_raw) -> None:
    known = DriverFile(
        interface=Interface.of(decoder), board=board.name, clock_mhz=top.clock_mhz,
        shell=SHELL.name, registers=top.registers,
    )  # fmt: skip
    known.save(build_dir / DRIVER_FILE)
    write_board_folder(
        build_dir / FOLDER, board, decoder.model, known, top.clock, x_raw,
        images=decoder.images if top.registers.reloadable else None,
    )  # fmt: skip


def _readme(board: Board, decoder, top: ZynqTop, instructions: str) -> str:
    interface = Interface.of(decoder)
    return f"""\
Decoder {interface.name} for {board.title} ({board.device}), at its processor's bus

{interface.input_count} inputs in {interface.input_format}, {interface.output_count} outputs in \
{interface.output_format}; clock {top.clock_mhz:g} MHz, FCLK0 of the processor.
Registers and windows at port M_AXI_GP0, frames from and to memory over port S_AXI_HP0.

Build
-----
{instructions}
The script copies the bitstream to {FOLDER}/decoder.bit.

Board
-----
All that the board needs is in the folder {FOLDER}, whose README.md says how it is used:

    scp -r {FOLDER} xilinx@pynq:jupyter_notebooks/decoder
    ssh -t xilinx@pynq 'cd jupyter_notebooks/decoder && sudo -E python3 selftest.py'
"""


SHELL = ShellKind(
    name="axi",
    about="the board's own processor",
    made_clock_mhz=_made_clock_mhz,
    check_frame=check_count,
    top=_top,
    write_host=_write_host,
    readme=_readme,
)
