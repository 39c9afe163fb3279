"""From a decoder to a board's bitstream, in two steps between which a caller may stop."""

from pathlib import Path

from build_decoder.boards.board import Board
from build_decoder.boards.driver_file import DRIVER_FILE, EXPECTED_FILE, DriverFile
from build_decoder.boards.nextpnr import NextpnrToolchain
from build_decoder.boards.reports import BitstreamReport, SynthesisReport
from build_decoder.boards.resources import check_memory
from build_decoder.boards.top import Top
from build_decoder.boards.xilinx.toolchain import XilinxToolchain
from build_decoder.hdl.planning.interface import Interface

__all__ = ["place_and_route", "synthesise"]


_TOOLCHAINS = {"nextpnr": NextpnrToolchain, "xilinx": XilinxToolchain}


def _toolchain(board: Board):
    return _TOOLCHAINS[board.family.toolchain]()


def synthesise(
    board: Board, decoder, build_dir: Path | str, clock_mhz: float | None = None, *, seed: int = 1
) -> SynthesisReport:
    """Write the complete build package into ``build_dir`` and synthesise it.

    Beside the sources, constraints and scripts there are ``driver.json`` for the host driver and a
    ``README.txt``.

    Parameters
    ----------
    board
        The board.
    decoder
        Decoder component with streams ``i`` and ``o`` and its integer model as ``model``.
    build_dir
        Folder, made if need be.
    clock_mhz
        Requested decoder clock, MHz; the board's own unless given.
    seed
        Seed of the placer.

    Raises
    ------
    InputError
        If clock or baud rate cannot be made, or the FPGA is too small.
    ToolError
        If Yosys fails.
    """
    build_dir = Path(build_dir)
    check_memory(board, decoder.model.weight_bits)
    clock_mhz = board.clock_mhz if clock_mhz is None else clock_mhz
    top = Top(board, decoder, clock_mhz)
    build_dir.mkdir(parents=True, exist_ok=True)
    toolchain = _toolchain(board)
    toolchain.prepare(board, top, build_dir, seed=seed)
    DriverFile(
        interface=Interface.of(decoder), board=board.name, baud=board.baud, clock_mhz=top.clock_mhz
    ).save(build_dir / DRIVER_FILE)
    readme = _readme(board, decoder, top, toolchain.instructions(board))
    (build_dir / "README.txt").write_text(readme)
    return toolchain.synthesise(board, build_dir)


def place_and_route(board: Board, build_dir: Path | str) -> BitstreamReport:
    """Place, route and pack what `synthesise` left in ``build_dir``.

    Raises
    ------
    ToolError
        If a tool fails.
    """
    return _toolchain(board).place_and_route(board, Path(build_dir))


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

Golden data through the board, compared with {EXPECTED_FILE} in the build's folder:

    python -m build_decoder.boards.driver --port /dev/ttyUSB0 --build FOLDER --golden golden.npz

LED 0 changes with every frame answered; LED 1 is lit once a request had to be rejected.
"""
