"""Stages of a decoder, and what takes from what."""

from dataclasses import dataclass
from typing import NamedTuple

from build_decoder.hdl.planning.plan import Plan

__all__ = ["Port", "Stage"]


class Port(NamedTuple):
    """An output of a stage, or the decoder's input, by name; only a fork has several outputs."""

    stage: str
    output: int = 0


@dataclass(frozen=True)
class Stage:
    """A layer or an adapter at its place.

    Parameters
    ----------
    name
        Of the layer, or made from those beside an adapter.
    plan
        Its hardware.
    inputs
        Where each of its inputs comes from.
    """

    name: str
    plan: Plan
    inputs: tuple[Port, ...]
