"""Early checks of a request, before anything is built for it."""

from collections.abc import Callable

from build_decoder.boards.board import Board
from build_decoder.boards.clocks import choose_dividers
from build_decoder.boards.protocol import check_frame
from build_decoder.boards.resources import check_memory
from build_decoder.boards.uart import divisor_for
from build_decoder.models.network import Network

__all__ = ["check_clock", "check_frame", "check_network", "made_clock_mhz"]


def made_clock_mhz(board: Board, clock_mhz: float) -> float:
    """Decoder clock, MHz, that the board makes for ``clock_mhz``: the nearest that its PLL can.

    Raises
    ------
    InputError
        If nothing within 1 % can be made; the message tells what can.
    """
    dividers = choose_dividers(board, clock_mhz)
    return float(clock_mhz) if dividers is None else dividers.mhz


def check_clock(board: Board, clock_mhz: float) -> float:
    """Make sure that the board can make a decoder clock, and the UART's rate from it.

    Returns the clock that is made, MHz, as `made_clock_mhz` does.

    Raises
    ------
    InputError
        If not; the message tells what can be made.
    """
    made_mhz = made_clock_mhz(board, clock_mhz)
    divisor_for(made_mhz, board.baud)
    return made_mhz


def check_network(
    board: Board, network: Network, check_frame: Callable[[str, str, int], None]
) -> None:
    """Make sure, before any search, that no formats are too narrow for board and host.

    That is with one bit a weight, which all formats have at least, and what a shell's
    ``check_frame`` takes.

    Raises
    ------
    InputError
        If the network does not even fit so.
    """
    weights = (
        array.size for node in network.nodes for name, array in node.weights.items()
        if name != "bias"
    )
    check_memory(board, sum(weights))
    for end, count in (("input", network.input_count), ("output", network.output_count)):
        check_frame(network.name, end, count)
