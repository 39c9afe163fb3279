"""The FPGA family that hardware is elaborated for."""

from dataclasses import dataclass

__all__ = ["ECP5", "XC7", "FamilyPlatform", "family_of"]

XC7 = "xc7"
ECP5 = "ecp5"

_AMARANTH_NAMES = {"series7": XC7, "ecp5": ECP5}


@dataclass(frozen=True)
class FamilyPlatform:
    """A platform that is a family alone: for the netlist of a decoder without a board."""

    family: str


def family_of(platform) -> str | None:
    """Family whose blocks may be instantiated; None in a simulator, and for any other FPGA."""
    if isinstance(platform, FamilyPlatform):
        return platform.family
    return _AMARANTH_NAMES.get(getattr(platform, "family", None))
