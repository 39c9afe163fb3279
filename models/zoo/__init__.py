"""Trained networks that come with the project: one metadata folder with golden data each.

Networks whose folders have no golden data share that of the zoo's own folder.
"""

from pathlib import Path

__all__ = ["ZOO_FOLDER", "zoo_golden", "zoo_names", "zoo_path"]

ZOO_FOLDER = Path(__file__).parent

_GOLDEN = "golden.npz"


def zoo_names() -> tuple[str, ...]:
    """Names of the networks in the zoo, sorted."""
    return tuple(sorted(path.parent.name for path in ZOO_FOLDER.glob("*/network.json")))


def zoo_path(name: str) -> Path:
    """The metadata folder of the zoo network called `name`; `KeyError` where there is none."""
    if name not in zoo_names():
        raise KeyError(name)
    return ZOO_FOLDER / name


def zoo_golden(name: str) -> Path:
    """The golden data of the zoo network called `name`; `KeyError` where there is none."""
    own = zoo_path(name) / _GOLDEN
    return own if own.exists() else ZOO_FOLDER / _GOLDEN
