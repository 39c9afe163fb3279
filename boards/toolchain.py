"""From a decoder to a board's bitstream, in two steps between which a caller may stop."""

from pathlib import Path

import numpy as np

from build_decoder.boards.board import Board
from build_decoder.boards.ip_core.toolchain import CoreToolchain
from build_decoder.boards.nextpnr import NextpnrToolchain
from build_decoder.boards.reports import BitstreamReport, SynthesisReport
from build_decoder.boards.resources import check_memory
from build_decoder.boards.shells import SHELLS
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.boards.xilinx.toolchain import XilinxToolchain

__all__ = ["place_and_route", "synthesise"]


_TOOLCHAINS = {"nextpnr": NextpnrToolchain, "xilinx": XilinxToolchain, "core": CoreToolchain}
_UART = SHELLS["uart"]


def _toolchain(board: Board, shell: ShellKind):
    return _TOOLCHAINS[shell.toolchain or board.family.toolchain]()


def synthesise(
    board: Board,
    decoder,
    build_dir: Path | str,
    clock_mhz: float | None = None,
    *,
    seed: int = 1,
    shell: ShellKind = _UART,
    x_raw: np.ndarray | None = None,
) -> SynthesisReport:
    """Write the complete build package into ``build_dir`` and synthesise it.

    Beside the sources, constraints and scripts there are ``driver.json`` for the host driver, what
    else the shell's host needs, and a ``README.txt``.

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
    shell
        What is around the decoder.
    x_raw
        Raw inputs (samples, inputs) for a host to try; any if None.

    Raises
    ------
    InputError
        If clock or baud rate cannot be made, a frame is too long, or the FPGA is too small.
    ToolError
        If Yosys fails.
    """
    build_dir = Path(build_dir)
    check_memory(board, decoder.model.weight_bits)
    clock_mhz = board.clock_mhz if clock_mhz is None else clock_mhz
    top = shell.top(board, decoder, clock_mhz)
    build_dir.mkdir(parents=True, exist_ok=True)
    toolchain = _toolchain(board, shell)
    toolchain.prepare(board, top, build_dir, seed=seed)
    shell.write_host(board, decoder, top, build_dir, x_raw)
    readme = shell.readme(board, decoder, top, toolchain.instructions(board))
    (build_dir / "README.txt").write_text(readme)
    return toolchain.synthesise(board, build_dir)


def place_and_route(
    board: Board, build_dir: Path | str, *, shell: ShellKind = _UART
) -> BitstreamReport:
    """Place, route and pack what `synthesise` left in ``build_dir``.

    Raises
    ------
    ToolError
        If a tool fails.
    """
    return _toolchain(board, shell).place_and_route(board, Path(build_dir))
