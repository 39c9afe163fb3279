"""Names of classes that can be told apart, by people and by the alphabet."""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from build_decoder.models.errors import InputError, shown

__all__ = ["check_same_classes", "distinct_names"]

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


def check_same_classes(built: Sequence[str], other: Sequence[str], source: object) -> None:
    """Check that golden data of another network, ``source``, calls each output's class as
    ``built`` does; either may be without names.

    Raises
    ------
    InputError
        If it does not: outputs would mean something else from one set of weights to the next.
    """
    if built and other and tuple(built) != tuple(other):
        raise InputError.at(
            source, "class_names",
            expected=f"the classes of the decoder's outputs, in their order: "
            f"{', '.join(map(shown, built))}",
            got=", ".join(map(shown, other)),
        )
