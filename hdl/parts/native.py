"""Parts that are made of a family's own cells, where it has such."""

import importlib
from collections.abc import Callable

from build_decoder.hdl.families import family_of

__all__ = ["native_part"]


def native_part(platform, purpose: str) -> Callable | None:
    """What makes ``purpose`` of the cells of the platform's family; None if that is synthesis.

    Parameters
    ----------
    purpose
        A key of :attr:`hdl.family.Family.parts`.
    """
    family = family_of(platform)
    if family is None or purpose not in family.parts:
        return None
    module, name = family.parts[purpose].split(".")
    return getattr(importlib.import_module(f"build_decoder.hdl.parts.{module}"), name)
