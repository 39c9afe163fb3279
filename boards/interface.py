"""What a host has to know of a decoder: counts, formats and the fingerprint of its model."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from models.errors import InputError
from quant.qformat import QFormat

__all__ = ["DRIVER_FILE", "DecoderInterface"]

DRIVER_FILE = "driver.json"
"""File of a build folder that tells the host driver about the decoder."""


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
        """Interface and remaining entries of ``driver.json``, or of the build folder with it.

        Raises
        ------
        InputError
            If the file is missing, is not JSON, or lacks an entry.
        """
        path = Path(path)
        path = path / DRIVER_FILE if path.is_dir() else path
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
