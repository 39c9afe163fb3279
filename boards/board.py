"""What a board is, and where the boards are found: one module of this package for each."""

from collections.abc import Callable
from dataclasses import dataclass

from build_decoder import boards
from build_decoder.hdl.family import Family
from build_decoder.models.discovery import discover
from build_decoder.models.errors import InputError

__all__ = ["Board", "Capacity", "board_names", "get"]


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What an FPGA has. ``bram`` counts blocks as the vendor does, ``bram_bits`` all their bits."""

    lut: int
    ff: int
    dsp: int
    bram: int
    bram_bits: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board that decoders are built for.

    A module of this package that defines ``BOARD`` adds a board; nothing else is edited.

    Parameters
    ----------
    name
        Name on the command line.
    title
        Name that people know it by.
    family
        Its FPGA family.
    device
        Part number of the FPGA.
    oscillator
        Name of the platform's clock resource.
    oscillator_mhz
        Its frequency, MHz.
    clock_mhz
        Decoder clock that is used unless another is asked for, MHz.
    capacity
        What the FPGA has.
    baud
        Rate of the UART to the host, bits a second.
    platform
        Makes a fresh Amaranth platform. It has the ``uart`` resource 0.
    wiring
        How a host is connected and the board programmed, for the build's README.
    """

    name: str
    title: str
    family: Family
    device: str
    oscillator: str
    oscillator_mhz: float
    clock_mhz: float
    capacity: Capacity
    baud: int
    platform: Callable[[], object]
    wiring: str


def _boards() -> dict[str, Board]:
    return discover(boards.__name__, boards.__path__, "BOARD", in_each=False)


def board_names() -> list[str]:
    """Names of all boards, sorted."""
    return sorted(_boards())


def get(name: str) -> Board:
    """The board called ``name``.

    Raises
    ------
    InputError
        If there is none; the message lists those that there are.
    """
    known = _boards()
    if name not in known:
        raise InputError(f"board: expected one of {', '.join(sorted(known))}, got {name!r}")
    return known[name]
