"""Command line arguments."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import boards
from build_decoder.stages import STAGES
from models.errors import InputError
from models.metadata import NETWORK_FILE
from models.zoo import zoo_names
from quant.quantise import SEARCHES

__all__ = ["DEFAULT_BOARD", "DEFAULT_NETWORK", "Arguments", "parse"]

DEFAULT_BOARD = "ulx3s_85f"
DEFAULT_NETWORK = "ahead_case1"
_KERAS = ".keras"
_MAX_SEED = 2**31 - 1
"""What all tools that take a seed can take."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What the user asked for; ``list_boards`` overrides all the rest."""

    board: str
    network: str
    golden: str
    output: Path
    stop_after: str
    max_loss: float
    search: str
    latency: int | None
    max_dsp: int | None
    clock_mhz: float | None
    seed: int
    list_boards: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise InputError(f"{self.prog}: {message} (see --help)")


def parse(argv: list[str] | None = None) -> Arguments:
    """Parse ``argv``, the process's own arguments if None.

    Raises
    ------
    InputError
        If an argument is unknown, misses its value or has one that it cannot have.
    """
    parser = _Parser(
        prog="build_decoder",
        description="Turn a trained neural decoder into verified FPGA hardware.",
    )
    parser.add_argument(
        "--board", default=DEFAULT_BOARD, help="board to build for (default: %(default)s)"
    )
    parser.add_argument(
        "--network", default=DEFAULT_NETWORK, metavar="PATH|NAME",
        help=f"metadata folder, .keras file, or one of {', '.join(zoo_names())} "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--golden", metavar="PATH",
        help="golden data: .npz with x, y and optionally labels and held_out, or X.csv,Y.csv "
        "(default: golden.npz, or else x.csv and y.csv, in the network's folder)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR",
        help="folder to make; an earlier build there is replaced with what is made now, all of it, "
        "also after --stop-after and with exit status 3, 4 or 5 (default: build/BOARD-NETWORK)",
    )
    parser.add_argument(
        "--stop-after", choices=STAGES, default=STAGES[-1], help="last stage (default: all)"
    )
    parser.add_argument(
        "--max-loss", type=_fraction, default=0.0, metavar="FRACTION",
        help="accuracy that may be lost on the golden data searched on (default: 0)",
    )
    parser.add_argument(
        "--search", choices=SEARCHES, default=SEARCHES[0],
        help="search for formats: by hardware cost, holding what carries over to unseen samples, "
        "or as AHEAD does, which knows no --max-loss (default: %(default)s)",
    )
    parser.add_argument(
        "--latency", type=_positive_integer, metavar="CYCLES",
        help="most cycles from the first input to the last output "
        "(default: one input a cycle into all neurons of a layer)",
    )
    parser.add_argument(
        "--max-dsp", type=_positive_integer, metavar="N",
        help="DSP blocks to use wherever they save LUTs (default: where they are worth it)",
    )
    parser.add_argument(
        "--clock", type=_positive, metavar="MHZ", help="decoder clock (default: the board's)"
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N",
        help="of hold-out, AHEAD's search, stalls in simulation, and placement (default: 0)",
    )
    parser.add_argument("--list-boards", action="store_true", help="list boards and leave")
    given = parser.parse_args(argv)
    if not given.list_boards:
        boards.get(given.board)
    return Arguments(
        board=given.board,
        network=given.network,
        golden=given.golden or _golden_of(given.network),
        output=given.output or Path("build") / f"{given.board}-{_name_of(given.network)}",
        stop_after=given.stop_after,
        max_loss=given.max_loss,
        search=given.search,
        latency=given.latency,
        max_dsp=given.max_dsp,
        clock_mhz=given.clock,
        seed=given.seed,
        list_boards=given.list_boards,
    )


def _golden_of(network: str) -> str:
    """Where the golden data of ``network`` is unless the user says: with a file, in its folder."""
    folder, name = os.path.split(network)
    if (name == NETWORK_FILE or name.endswith(_KERAS)) and not os.path.isdir(network):
        # Never a bare name, which could be one of the zoo's.
        return os.path.join(folder or os.curdir, "")
    return network


def _name_of(network: str) -> str:
    """The network's name in that of the output folder."""
    path = Path(os.path.abspath(network))
    if path.name == NETWORK_FILE:
        path = path.parent
    # Of other names the suffix counts: net.v1 and net.v2 are two networks.
    return path.name.removesuffix(_KERAS) or "network"


def _seed(text: str) -> int:
    value = _number(text, int)
    if not 0 <= value <= _MAX_SEED:
        raise argparse.ArgumentTypeError(f"expected 0 to {_MAX_SEED}, got {text}")
    return value


def _fraction(text: str) -> float:
    value = _number(text, float)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a fraction from 0 to 1, got {text}")
    return value


def _positive(text: str) -> float:
    value = _number(text, float)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value


def _positive_integer(text: str) -> int:
    value = _number(text, int)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {text}")
    return value


def _number(text: str, kind: type):
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}") from None
