"""Estimates of dynamic energy: a module for each FPGA family that there are figures of.

The module has the family's name, and a function ``estimates``: picojoules a cycle of what was
counted, by what is estimated.
"""

import importlib
import importlib.util
from collections.abc import Callable

from build_decoder.bench.energy_counts import Counted
from build_decoder.bench.estimate import Estimate
from build_decoder.hdl.family import Family

__all__ = ["estimator_of"]


def estimator_of(family: Family) -> Callable[[Counted], dict[str, Estimate]] | None:
    """The estimates of a family; None if nobody has published what an event takes in it."""
    name = f"{__name__}.{family}"
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name).estimates
