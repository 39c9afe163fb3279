"""Names of classes that can be told apart, by people and by the alphabet."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from build_decoder.models.errors import InputError, shown

__all__ = ["distinct_names"]

_MISSING = ("", "nan", "none")  # what other programs write where there is no name


def distinct_names(path: Path, name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The different names, in the order of the alphabet.

    Raises
    ------
    InputError
        One is empty, or two differ by no more than case, blanks or how an accent is written: they
        would be two classes.
    """
    found: dict[str, str] = {}
    every = tuple(sorted(set(names)))
    for text in every:
        plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        if plain in _MISSING:
            raise InputError.at(path, name, expected="a name of each class", got=shown(text))
        other = found.setdefault(plain, text)
        if other != text:
            raise InputError.at(
                path,
                name,
                expected="one spelling of each name",
                got=f"{ascii(other)} and {ascii(text)}",
            )
    return every
