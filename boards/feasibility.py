"""Early checks of a request, before anything is built for it."""

from boards.board import Board
from boards.clocks import choose_dividers
from boards.uart import divisor_for

__all__ = ["check_clock"]


def check_clock(board: Board, clock_mhz: float) -> None:
    """Make sure that the board can make a decoder clock, and the UART's rate from it.

    Raises
    ------
    InputError
        If not; the message tells what can be made.
    """
    dividers = choose_dividers(board, clock_mhz)
    divisor_for(clock_mhz if dividers is None else dividers.mhz, board.baud)
