"""Early checks of a request, before anything is built for it."""

from boards.board import Board
from boards.clocks import choose_dividers
from boards.protocol import MAX_PAYLOAD_BYTES, element_bytes
from boards.uart import divisor_for
from models.errors import InputError

__all__ = ["check_clock", "check_frame", "made_clock_mhz"]


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


def check_frame(model) -> None:
    """Make sure that frames fit the 16-bit length of the host protocol.

    Parameters
    ----------
    model
        Integer model or `boards.interface.DecoderInterface`.

    Raises
    ------
    InputError
        If an input or output frame does not; the message has the numbers.
    """
    for end, count, format in (
        ("input", model.input_count, model.input_format),
        ("output", model.output_count, model.output_format),
    ):
        size = count * element_bytes(format)
        if size > MAX_PAYLOAD_BYTES:
            raise InputError(
                f"{model.name}: expected an {end} frame of at most {MAX_PAYLOAD_BYTES} bytes on "
                f"the host link, got {count} values of {element_bytes(format)} bytes = {size}"
            )
