"""Where signatures come from, as their file says it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

__all__ = ["Provenance", "Source"]


@dataclass(frozen=True)
class Source:
    """A file of a recording.

    Parameters
    ----------
    file:
        Its name, without folders.
    sha256:
        Of the file, 64 hexadecimal digits.
    seconds, rate:
        Length of the recording, and samples a second.
    signatures:
        How many signatures are of it; those of the first file come first.
    """

    file: str
    sha256: str
    seconds: float
    rate: float
    signatures: int


@dataclass(frozen=True)
class Provenance:
    """Where signatures come from.

    Parameters
    ----------
    sources:
        The recordings, all of one animal.
    band_hz:
        Edges of the band-pass filter, Hz.
    class_names:
        Name of each class; empty where the recordings do not name them.
    overridden:
        Errors of the check that ``--force`` passed over, a line each.
    warnings:
        What the check warned of, a line each.
    """

    sources: tuple[Source, ...]
    band_hz: tuple[float, float]
    class_names: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> str:
        """JSON text of one object."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """The inverse of `as_json`; `ValueError` where `text` is something else."""
        try:
            fields = json.loads(text)
            sources = tuple(Source(**source) for source in fields.pop("sources"))
            lists = {name: tuple(values) for name, values in fields.items()}
            made = cls(sources, **lists)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"expected sources, band and lines, got {error}") from None
        if not (_texts(made.class_names, made.overridden, made.warnings) and _sources(sources)):
            raise ValueError("expected sources, band and lines, got other values")
        return made


def _texts(*groups: Sequence) -> bool:
    return all(isinstance(text, str) for group in groups for text in group)


def _sources(sources: Sequence[Source]) -> bool:
    return all(
        isinstance(source.file, str)
        and isinstance(source.sha256, str)
        and isinstance(source.signatures, int)
        for source in sources
    )
