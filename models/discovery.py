"""Things of which a package has one in each module, found by looking into its folder."""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

__all__ = ["discover"]


def discover(
    package: str, folders: Iterable[str], attribute: str, *, in_each: bool = True
) -> dict[str, Any]:
    """The objects called ``attribute`` in the modules of ``package``, by their ``name``.

    Parameters
    ----------
    package, folders
        ``__name__`` and ``__path__`` of the package.
    in_each
        Whether each module has one; otherwise those without are other parts of the package.

    Raises
    ------
    ValueError
        If two have the same name.
    AttributeError
        If one of the modules that each have one has none.
    """
    found = {}
    for info in pkgutil.iter_modules(folders):
        module = importlib.import_module(f"{package}.{info.name}")
        if not in_each and not hasattr(module, attribute):
            continue
        thing = getattr(module, attribute)
        if thing.name in found:
            raise ValueError(
                f"{package}: expected one {attribute} called {thing.name!r}, got a second in "
                f"{info.name}"
            )
        found[thing.name] = thing
    return found
