"""``driver.json``: what the host driver has to know of a decoder and of its board."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

from build_decoder.boards.axi.description import RegisterMap
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import shown
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.json_file import read_json

__all__ = [
    "DRIVER_FILE",
    "EXPECTED_FILE",
    "LEAST_BAUD",
    "MAX_BAUD",
    "MAX_COUNT",
    "DriverFile",
    "find_driver_file",
]

DRIVER_FILE = "driver.json"
"""Name of the file, beside the bitstream."""

EXPECTED_FILE = "expected.npz"
"""File of a build folder with the integer model's ``x_raw`` and ``y_raw`` of the golden data."""

MAX_COUNT = (1 << 16) - 1
"""Most values a frame, at either end: the host protocol counts them in 16 bits."""

LEAST_BAUD, MAX_BAUD = 300, 100_000_000
"""Rates of a serial line, bits a second, that are taken for one."""

_BOARD_FOLDER = "board"


def find_driver_file(path: str | Path) -> Path:
    """``driver.json`` of a build folder, or of its ``board`` folder, or ``path`` if it is a file.

    It need not exist.
    """
    path = Path(path)
    if not os.path.isdir(path):  # unlike pathlib's, never an OSError
        return path
    inside = path / DRIVER_FILE
    return inside if os.path.exists(inside) else path / _BOARD_FOLDER / DRIVER_FILE


@dataclass(frozen=True, kw_only=True)
class DriverFile:
    """A decoder's interface and how its board is reached; None for what the file does not tell.

    Parameters
    ----------
    interface
        The decoder's.
    board
        Name of the board.
    baud
        Rate of the serial line, bits a second.
    clock_mhz
        The decoder's clock, MHz.
    shell
        What is around the decoder: see `boards.shells`.
    registers
        What it has on a processor's bus.
    """

    interface: Interface
    board: str | None = None
    baud: int | None = None
    clock_mhz: float | None = None
    shell: str | None = None
    registers: RegisterMap | None = None

    @property
    def latency_seconds(self) -> float:
        """Time that the decoder needs for a frame; 0 if that is not known."""
        cycles = self.interface.latency_cycles
        return cycles / (self.clock_mhz * 1e6) if cycles and self.clock_mhz else 0.0

    def save(self, path: Path) -> None:
        """Write the file: the interface's own entries, and those of the board beside them."""
        of_board = {
            "board": self.board,
            "baud": self.baud,
            "clock_mhz": self.clock_mhz,
            "shell": self.shell,
            "registers": None if self.registers is None else self.registers.as_json(),
        }
        known = {name: value for name, value in of_board.items() if value is not None}
        path.write_text(json.dumps(self.interface.as_json() | known, indent=2) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> "DriverFile":
        """Read the file. Entries with other names are ignored.

        Parameters
        ----------
        path
            The file, the folder ``board`` of a build with it, or the build folder itself.

        Raises
        ------
        InputError
            If the file is missing or is not JSON, or if an entry is missing or makes no sense.
        """
        path = find_driver_file(path)
        entries = Fields(read_json(path), path)
        interface = Interface.read(entries)
        for end in ("input_count", "output_count"):
            entries.size(end, MAX_COUNT)
        board = baud = clock_mhz = shell = registers = None
        if "board" in entries.values:
            board = entries.text("board")
        if "baud" in entries.values:
            baud = entries.integer("baud", LEAST_BAUD, MAX_BAUD)
        if "clock_mhz" in entries.values:
            clock_mhz = _positive(entries, "clock_mhz")
        if "shell" in entries.values:
            shell = entries.text("shell")
        if "registers" in entries.values:
            registers = RegisterMap.read(
                Fields(entries.values["registers"], path, entries.place("registers"))
            )
        return cls(
            interface=interface, board=board, baud=baud, clock_mhz=clock_mhz, shell=shell,
            registers=registers,
        )


def _positive(entries: Fields, key: str) -> float:
    value = entries.values[key]
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise entries.error(key, "a number above 0", shown(value))
    return value
