"""Makes names of nodes from the names of Keras layers."""

import re
from collections.abc import Sequence

__all__ = ["node_names"]

_LONGEST = 64
_OTHER = re.compile(r"[^A-Za-z0-9_]")


def node_names(paths: Sequence[str]) -> tuple[str, ...]:
    """A valid name for each of the `paths`, all different.

    A path is the name of a layer after those of the models that it is inside of, such as
    ``encoder/dense``. What is the only one of a model has the name of the model.
    """
    names: list[str] = []
    for path in paths:
        name = wanted = _valid(_shortest(path, paths))
        number = 1
        while name in names:
            number += 1
            suffix = f"_{number}"
            name = wanted[: _LONGEST - len(suffix)] + suffix
        names.append(name)
    return tuple(names)


def _shortest(path: str, paths: Sequence[str]) -> str:
    parts = path.split("/")
    starts = ("/".join(parts[:count]) for count in range(1, len(parts)))
    return next(
        (start for start in starts if sum(other.startswith(f"{start}/") for other in paths) == 1),
        path,
    )


def _valid(text: str) -> str:
    text = _OTHER.sub("_", text)
    if not text[0].isalpha():
        text = f"layer{text}" if text[0] == "_" else f"layer_{text}"
    return text[:_LONGEST]
