"""Command line arguments."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from build_decoder import boards
from build_decoder.boards.board import Board
from build_decoder.boards.shells import SHELLS, shell_of
from build_decoder.boards.shells.kind import ShellKind
from build_decoder.hdl.heap.stages import DATAPATH as HEAP
from build_decoder.models.arguments import LineParser, filled, filled_path
from build_decoder.models.errors import InputError
from build_decoder.models.files.network_folder import NETWORK_FILE
from build_decoder.models.zoo import zoo_names
from build_decoder.options import DesignOptions, add_design_options
from build_decoder.options.types import positive
from build_decoder.stages import STAGES

__all__ = ["DEFAULT_BOARD", "DEFAULT_NETWORK", "Arguments", "parse"]

DEFAULT_BOARD = "ulx3s_85f"
DEFAULT_NETWORK = "ahead_case1"
_FILES = (".keras", ".onnx")


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What the user asked for; ``list_boards`` overrides all the rest."""

    board: Board
    shell: ShellKind
    design: DesignOptions
    output: Path
    stop_after: str
    clock_mhz: float | None
    list_boards: bool
    pareto: bool


def parse(argv: list[str] | None = None) -> Arguments:
    """Parse ``argv``, the process's own arguments if None.

    Raises
    ------
    InputError
        If an argument is unknown, misses its value or has one that it cannot have, or two of them
        do not go together.
    """
    parser = LineParser(
        prog="build_decoder",
        description="Turn a trained neural decoder into verified FPGA hardware.",
    )
    parser.add_argument(
        "--board", type=filled, default=DEFAULT_BOARD, metavar="NAME|FILE",
        help="board to build for: a name of --list-boards, or a Python file that defines BOARD "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--shell", choices=SHELLS, metavar="SHELL",
        help=f"what is around the decoder: {_listed_shells()} (default: the first that the board "
        "has)",
    )
    parser.add_argument(
        "--network", type=filled, default=DEFAULT_NETWORK, metavar="PATH|NAME",
        help=f"metadata folder, .keras or .onnx file, or one of {', '.join(zoo_names())} "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=filled_path, metavar="DIR",
        help="folder to make; an earlier build there is replaced with what is made now, all of it, "
        "also after --stop-after and with exit status 3, 4 or 5 (default: build/BOARD-NETWORK, and "
        "-SHELL where that is not the board's first)",
    )
    parser.add_argument(
        "--stop-after", choices=STAGES, help="last stage (default: all); not with --pareto"
    )
    parser.add_argument(
        "--clock", type=positive, metavar="MHZ", help="decoder clock (default: the board's)"
    )
    add_design_options(parser)
    parser.add_argument(
        "--pareto", action="store_true",
        help="instead of a build: the front of latency against area on the 7 series, as a table "
        "and as pareto.json, .svg and .png in the output folder; a few decoders of it are "
        "synthesised, the rest is estimated",
    )
    parser.add_argument("--list-boards", action="store_true", help="list boards and leave")
    given = parser.parse_args(argv)
    if given.pareto:
        _check_pareto(given)
    board = boards.get(DEFAULT_BOARD if given.list_boards else given.board)
    return Arguments(
        board=board,
        shell=shell_of(board, given.shell),
        design=DesignOptions.of(given),
        output=given.output or Path("build") / _folder_name(board, given),
        stop_after=given.stop_after or STAGES[-1],
        clock_mhz=given.clock,
        list_boards=given.list_boards,
        pareto=given.pareto,
    )


def _check_pareto(given: argparse.Namespace) -> None:
    """Check that nothing is asked for that a comparison of decoders leaves no place for.

    Raises
    ------
    InputError
        If something is.
    """
    others = {
        f"--arithmetic {given.arithmetic}, as only fixed-point decoders have it so far":
            given.arithmetic is not None,
        f"--datapath {HEAP}, which is a single decoder": HEAP in given.datapath,
        f"--stop-after {given.stop_after}, which is a stage of a build, and makes none":
            given.stop_after is not None,
        "--reloadable, as it compares decoders of constant weights": given.reloadable,
        "--inputs-per-cycle, as it compares all foldings": given.inputs_per_cycle,
        "--outputs-per-cycle, as it compares all foldings": given.outputs_per_cycle,
    }  # fmt: skip
    for other, asked in others.items():
        if asked:
            raise InputError(f"--pareto: expected it without {other}, got both")


def _listed_shells() -> str:
    return "; ".join(f"{name}, {shell.about}" for name, shell in SHELLS.items())


def _folder_name(board: Board, given: argparse.Namespace) -> str:
    name = f"{board.name}-{_name_of(given.network)}"
    if given.shell not in (None, board.shells[0]):
        name += f"-{given.shell}"
    return f"{name}-pareto" if given.pareto else name


def _name_of(network: str) -> str:
    """The network's name in that of the output folder."""
    path = Path(os.path.abspath(network))
    if path.name == NETWORK_FILE:
        path = path.parent
    # Of other names the suffix counts: net.v1 and net.v2 are two networks.
    suffix = next((suffix for suffix in _FILES if path.name.endswith(suffix)), "")
    return path.name.removesuffix(suffix) or "network"
