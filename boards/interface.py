"""What a host has to know of a decoder: counts, formats and the fingerprint of its model."""

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from build_decoder.models.errors import shown
from build_decoder.models.fields import Fields
from build_decoder.models.json_file import read_json
from build_decoder.quant.qformat import MAX_WIDTH, QFormat

__all__ = [
    "DRIVER_FILE",
    "EXPECTED_FILE",
    "LEAST_BAUD",
    "MAX_BAUD",
    "MAX_COUNT",
    "MAX_FRACTION",
    "DecoderInterface",
    "find_driver_file",
]

DRIVER_FILE = "driver.json"
"""File beside the bitstream that tells the host driver about the decoder."""

EXPECTED_FILE = "expected.npz"
"""File of a build folder with the integer model's ``x_raw`` and ``y_raw`` of the golden data."""

MAX_COUNT = (1 << 16) - 1
"""Most values a frame, at either end: the host protocol counts them in 16 bits."""

MAX_FRACTION = 512
"""Most fraction bits, and least as a negative number: values then stay finite in a float64."""

LEAST_BAUD, MAX_BAUD = 300, 100_000_000
"""Rates of a serial line, bits a second, that are taken for one."""

_BOARD_FOLDER = "board"
_FORMAT_KEYS = ("integer", "fraction", "signed")


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
class DecoderInterface:
    """Counts and formats at a decoder's two ends.

    Parameters
    ----------
    name
        Name of the network.
    input_count, output_count
        Values a frame.
    input_format, output_format
        Format of each value.
    fingerprint
        CRC-32 that identifies the integer model.
    """

    name: str
    input_count: int
    output_count: int
    input_format: QFormat
    output_format: QFormat
    fingerprint: int

    @classmethod
    def of(cls, model) -> "DecoderInterface":
        """The interface of an integer model."""
        return cls(
            name=model.name,
            input_count=model.input_count,
            output_count=model.output_count,
            input_format=model.input_format,
            output_format=model.output_format,
            fingerprint=model.fingerprint(),
        )

    def to_json(self, **more) -> str:
        """JSON text of this interface and of ``more`` entries beside it."""
        return json.dumps(asdict(self) | more, indent=2) + "\n"

    @classmethod
    def load(cls, path: str | Path) -> tuple["DecoderInterface", dict]:
        """Interface and remaining entries of ``driver.json``.

        Of the remaining ones ``baud``, ``clock_mhz`` and ``latency_cycles`` are checked where they
        are there.

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
        interface = cls(
            name=entries.text("name"),
            input_count=entries.size("input_count", MAX_COUNT),
            output_count=entries.size("output_count", MAX_COUNT),
            input_format=_format(entries, "input_format"),
            output_format=_format(entries, "output_format"),
            fingerprint=_whole(entries, "fingerprint", 0, (1 << 32) - 1),
        )
        more = {key: entries.values[key] for key in entries.values.keys() - asdict(interface)}
        if "baud" in more:
            _whole(entries, "baud", LEAST_BAUD, MAX_BAUD)
        if "latency_cycles" in more:
            _whole(entries, "latency_cycles", 0, 1 << 48)
        if "clock_mhz" in more:
            _positive(entries, "clock_mhz")
        return interface, more


def _whole(entries: Fields, key: str, low: int, high: int) -> int:
    value = entries.values.get(key)
    if type(value) is not int or not low <= value <= high:  # true and false are of type bool
        raise entries.error(key, f"a whole number from {low} to {high}", _what(entries, key))
    return value


def _positive(entries: Fields, key: str) -> None:
    value = entries.values.get(key)
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise entries.error(key, "a number above 0", _what(entries, key))


def _what(entries: Fields, key: str) -> str:
    return shown(entries.values[key]) if key in entries.values else "none"


def _format(entries: Fields, key: str) -> QFormat:
    fields = Fields(entries.values.get(key), entries.source, key)
    fields.only(*_FORMAT_KEYS)
    fraction = _whole(fields, "fraction", -MAX_FRACTION, MAX_FRACTION)
    most = MAX_FRACTION + MAX_WIDTH
    integer = _whole(fields, "integer", -most, most)
    if not 1 <= integer + fraction <= MAX_WIDTH:
        raise entries.error(
            key,
            f"a width (integer + fraction) of 1 to {MAX_WIDTH} bits",
            f"{integer} + {fraction} = {integer + fraction}",
        )
    return QFormat(integer, fraction, fields.flag("signed"))
