"""Things of which a package has one in each module, found by looking into its folder."""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

__all__ = ["discover"]


def discover(package: str, folders: Iterable[str], attribute: str) -> dict[str, Any]:
    """The objects called ``attribute`` in all modules of ``package``, by their ``name``.

    Parameters
    ----------
    package, folders
        ``__name__`` and ``__path__`` of the package.

    Raises
    ------
    ValueError
        If two have the same name.
    """
    found = {}
    for info in pkgutil.iter_modules(folders):
        thing = getattr(importlib.import_module(f"{package}.{info.name}"), attribute)
        if thing.name in found:
            raise ValueError(
                f"{package}: expected one {attribute} called {thing.name!r}, got a second in "
                f"{info.name}"
            )
        found[thing.name] = thing
    return found
