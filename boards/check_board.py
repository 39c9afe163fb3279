"""Whether a board's description is whole, and agrees with its platform."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from amaranth.build import Platform, ResourceError

from build_decoder.boards.board import Board, Capacity
from build_decoder.boards.driver_file import LEAST_BAUD, MAX_BAUD
from build_decoder.boards.feasibility import check_clock
from build_decoder.boards.plls import PLLS
from build_decoder.boards.xilinx_platform import RtlilXilinxPlatform
from build_decoder.hdl.families import FAMILIES, family_of
from build_decoder.hdl.family import Family
from build_decoder.models.errors import InputError, shown

__all__ = ["LEDS", "check_board"]

LEDS = (0, 1)
"""Numbers of the LEDs that show what a serial shell does, on boards that have them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def check_board(board: object, source: str) -> None:
    """Make sure that a board can be built for.

    Parameters
    ----------
    board
        What should be a `Board`.
    source
        Where it comes from, for the message.

    Raises
    ------
    InputError
        If a field is not what it should be, if the platform lacks a resource or has another FPGA,
        or if the clock cannot be made.
    """
    if not isinstance(board, Board):
        raise InputError.at(
            source, "BOARD", expected="a build_decoder.boards.board.Board", got=shown(board)
        )
    check = _Check(source)
    _check_fields(board, check)
    platform = _platform_of(board, check)
    _check_fpga(board, platform, check)
    _check_oscillator(board, platform, check)
    _check_uart(platform, check)
    _check_pins(board, platform, check)
    try:
        check_clock(board, board.clock_mhz)
    except InputError as error:
        raise InputError(f"{source}: BOARD.clock_mhz and baud: {error}") from None


class _Check:
    """Raises errors that say where the board comes from."""

    def __init__(self, source: str):
        self.source = source

    def __call__(self, holds: bool, where: str, expected: str, got: str) -> None:
        if not holds:
            raise InputError.at(self.source, f"BOARD.{where}", expected=expected, got=got)


def _check_fields(board: Board, check: _Check) -> None:
    def field(name: str, holds: Callable[[Any], bool], expected: str) -> None:
        value = getattr(board, name)
        check(holds(value), name, expected, shown(value))

    def is_text(value):
        return isinstance(value, str) and bool(value)

    def is_positive(value):
        return type(value) in (int, float) and 0 < value < float("inf")

    field(
        "name", lambda value: is_text(value) and _NAME.fullmatch(value),
        "up to 64 letters, digits, and _ - . behind the first",
    )
    for name in ("title", "device", "oscillator", "wiring"):
        field(name, is_text, "text")
    families = " or ".join(f"families.get({name!r})" for name in sorted(FAMILIES))
    field("family", lambda value: isinstance(value, Family), families)
    for name in ("oscillator_mhz", "clock_mhz"):
        field(name, is_positive, "a number above 0")
    field(
        "baud", lambda value: type(value) is int and LEAST_BAUD <= value <= MAX_BAUD,
        f"a whole number from {LEAST_BAUD} to {MAX_BAUD}",
    )
    field("capacity", lambda value: isinstance(value, Capacity), "a Capacity")
    for entry in fields(Capacity):
        value = getattr(board.capacity, entry.name)
        check(
            type(value) is int and value >= 0, f"capacity.{entry.name}",
            "a whole number of at least 0", shown(value),
        )
    field("platform", callable, "the class of an Amaranth platform, or what makes one")
    field(
        "pll", lambda value: value is None or value in PLLS,
        f"None or one of {', '.join(sorted(PLLS))}",
    )


def _platform_of(board: Board, check: _Check) -> Platform:
    try:
        platform = board.platform()
    except Exception as error:  # a user's code
        got = f"{type(error).__name__}: {error}"
        raise InputError.at(
            check.source, "BOARD.platform", expected="what makes an Amaranth platform", got=got
        ) from error
    check(isinstance(platform, Platform), "platform", "what makes an Amaranth platform",
          f"what makes {shown(platform)}")
    return platform


def _check_fpga(board: Board, platform: Platform, check: _Check) -> None:
    family = family_of(platform)
    check(
        family is board.family, "family",
        f"that of the platform's FPGA, {platform.device}", f"{board.family.title}",
    )
    check(
        board.device.lower().startswith(platform.device.lower()), "device",
        f"a part number that starts with the platform's, {platform.device}", board.device,
    )
    check(
        board.family.toolchain != "xilinx" or isinstance(platform, RtlilXilinxPlatform),
        "platform",
        "a class that has build_decoder.boards.xilinx_platform.RtlilXilinxPlatform for its first "
        "base", f"{type(platform).__name__}",
    )


def _check_oscillator(board: Board, platform: Platform, check: _Check) -> None:
    clocks = [
        name for (name, number), resource in platform.resources.items()
        if number == 0 and resource.clock is not None
    ]
    check(
        board.oscillator in clocks, "oscillator",
        f"a clock resource of the platform ({', '.join(clocks) or 'it has none'})",
        board.oscillator,
    )
    mhz = platform.lookup(board.oscillator).clock.frequency / 1e6
    check(
        board.oscillator_mhz == mhz, "oscillator_mhz",
        f"{mhz:g}, as the platform's {board.oscillator} has", f"{board.oscillator_mhz:g}",
    )
    check(
        platform.default_clk == board.oscillator, "platform",
        f"one whose default_clk is the oscillator, {board.oscillator}", f"{platform.default_clk}",
    )


def _check_uart(platform: Platform, check: _Check) -> None:
    expected = "one with the resource uart 0, which has rx (dir i) and tx (dir o)"
    try:
        uart = platform.lookup("uart", 0)
    except ResourceError:
        names = sorted({name for name, _ in platform.resources})
        check(False, "platform", expected, f"one with {', '.join(names)}")
    lines = {line.name: getattr(line.ios[0], "dir", None) for line in uart.ios
             if hasattr(line, "ios")}
    check(
        (lines.get("rx"), lines.get("tx")) == ("i", "o"), "platform", expected,
        f"a uart with {', '.join(f'{name} (dir {way})' for name, way in lines.items())}",
    )


def _check_pins(board: Board, platform: Platform, check: _Check) -> None:
    """Check that pins of oscillator and UART are there, and are no others' and no LED's."""
    expected = "one whose oscillator and uart 0 have pins of their own that the package has"
    try:
        platform.request(board.oscillator, dir="-")
        lines = {line.name: "-" for line in platform.lookup("uart", 0).ios}
        platform.request("uart", 0, dir=lines)
    except (NameError, ResourceError) as error:
        check(False, "platform", expected, str(error))
    for number in LEDS:
        if ("led", number) not in platform.resources:
            continue
        try:
            platform.request("led", number, dir="-")
        except (NameError, ResourceError) as error:
            check(
                False, "platform", "one whose led 0 and led 1, if there are such, have pins of "
                "their own: what is wired to one would load the UART", str(error),
            )
