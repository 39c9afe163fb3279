"""What a host has to know of a decoder: counts, formats and the fingerprint of its model."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from models.errors import InputError
from quant.qformat import QFormat

__all__ = ["DRIVER_FILE", "EXPECTED_FILE", "DecoderInterface", "find_driver_file"]

DRIVER_FILE = "driver.json"
"""File beside the bitstream that tells the host driver about the decoder."""

EXPECTED_FILE = "expected.npz"
"""File of a build folder with the integer model's ``x_raw`` and ``y_raw`` of the golden data."""

_BOARD_FOLDER = "board"


def find_driver_file(path: str | Path) -> Path:
    """``driver.json`` of a build folder, or of its ``board`` folder, or ``path`` if it is a file.

    It need not exist.
    """
    path = Path(path)
    if not path.is_dir():
        return path
    inside = path / DRIVER_FILE
    return inside if inside.exists() else path / _BOARD_FOLDER / DRIVER_FILE


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

        Parameters
        ----------
        path
            The file, the folder ``board`` of a build with it, or the build folder itself.

        Raises
        ------
        InputError
            If the file is missing, is not JSON, or lacks an entry.
        """
        path = find_driver_file(path)
        wanted = f"{path}: expected a build's {DRIVER_FILE}"
        try:
            entries = json.loads(path.read_text())
            interface = cls(
                name=str(entries.pop("name")),
                input_count=int(entries.pop("input_count")),
                output_count=int(entries.pop("output_count")),
                input_format=QFormat(**entries.pop("input_format")),
                output_format=QFormat(**entries.pop("output_format")),
                fingerprint=int(entries.pop("fingerprint")),
            )
        except OSError as error:
            raise InputError(
                f"{path}: expected a build's {DRIVER_FILE}: {error.strerror}"
            ) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            detail = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{wanted}, got {detail}") from error
        return interface, entries
