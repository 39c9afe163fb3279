"""The cost of formats, which a search minimises; its caller brings it."""

from collections.abc import Callable
from typing import Protocol

from build_decoder.models.network import Network
from build_decoder.quant.formats import NetworkFormats

__all__ = ["Cost", "CostMaker"]


class Cost(Protocol):
    """Cost of a network's formats: AHEAD's Equation 6."""

    def __call__(self, formats: NetworkFormats) -> float:
        """Cost of all nodes in ``formats``, in any unit.

        Raises
        ------
        ValueError
            If formats make sums that are too wide to build.
        """


CostMaker = Callable[[Network], Cost]
"""Makes the cost of a network with as many neurons as the one that is searched, or fewer."""
