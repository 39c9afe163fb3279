"""What a board is. `boards.known` finds them."""

from collections.abc import Callable
from dataclasses import dataclass

from build_decoder.hdl.family import Family

__all__ = ["Board", "Capacity"]


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

    A module of this package that defines ``BOARD`` adds a board; nothing else is edited. So does a
    user's own file or package: ``docs/your_own_board.md``.

    Parameters
    ----------
    name
        Name on the command line and of the build's folder: letters, digits and ``_ - .``.
    title
        Name that people know it by.
    family
        Its FPGA family.
    device
        Part number of the FPGA.
    oscillator
        Name of the platform's clock resource, which is its ``default_clk`` too.
    oscillator_mhz
        Its frequency, MHz.
    clock_mhz
        Decoder clock that is used unless another is asked for, MHz.
    capacity
        What the FPGA has.
    baud
        Rate of the UART to the host, bits a second.
    platform
        Makes a fresh Amaranth platform. It has the ``uart`` resource 0, with ``rx`` and ``tx``.
    wiring
        How a host is connected and the board programmed, for the build's README.
    pll
        Name of what makes the clock, `boards.plls`; the family's unless given.
    shells
        Names of what may be around a decoder, `boards.shells`; the first is used unless another is
        asked for. ``axi`` is for a Zynq-7000.
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
    pll: str | None = None
    shells: tuple[str, ...] = ("uart", "axi_lite")

    @property
    def clock_maker(self) -> str:
        """Name of what makes the clock, of `boards.plls`."""
        return self.family.pll if self.pll is None else self.pll
