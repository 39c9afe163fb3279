"""FPGA families: one module each, found by looking into this folder.

A module that defines ``FAMILY`` adds one; nothing else is edited.
"""

from build_decoder.hdl.family import Family, FamilyPlatform
from build_decoder.models.discovery import discover
from build_decoder.models.errors import InputError

__all__ = ["DEFAULT", "FAMILIES", "family_of", "get"]

FAMILIES: dict[str, Family] = discover(__name__, __path__, "FAMILY")
"""All families by name."""

DEFAULT = FAMILIES["xc7"]
"""The family whose area counts where none is asked for."""


def get(name: str) -> Family:
    """The family called ``name``.

    Raises
    ------
    InputError
        If there is none; the message lists those that there are.
    """
    if name not in FAMILIES:
        raise InputError(f"family: expected one of {', '.join(sorted(FAMILIES))}, got {name!r}")
    return FAMILIES[name]


def family_of(platform) -> Family | None:
    """Family whose cells may be instantiated; None in a simulator, and for any other FPGA."""
    if isinstance(platform, FamilyPlatform):
        return platform.family
    name = getattr(platform, "family", None)
    return next((family for family in FAMILIES.values() if family.amaranth == name), None)
