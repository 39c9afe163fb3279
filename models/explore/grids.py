"""The grids that can be explored, each a sequence of networks at their places."""

from collections.abc import Callable
from dataclasses import replace

from models.escape.escape_tcn import EscapeTcn
from models.escape.exploration import Variant, exploration

__all__ = ["GRIDS", "own_grid"]


def own_grid() -> tuple[Variant, ...]:
    """Variants of `EscapeTcn`, all of fewer weights and MACs than the paper's three networks."""
    base = EscapeTcn(4, 0, (25,), 25, dropout=0.25)
    stages = {
        "1 width": [replace(base, filters=filters) for filters in (2, 4, 6, 8)],
        "2 filter size": [replace(base, kernels=(kernel,)) for kernel in (15, 25, 35)],
        "3 pool": [replace(base, pool=pool) for pool in (10, 25, 50)],
        "4 dropout": [replace(base, dropout=rate) for rate in (0.0, 0.25, 0.5)],
        "5 dense layer": [replace(base, dense=units) for units in (0, 8)],
        "6 short filters, two layers": [EscapeTcn(8, 16, (5, 5), 4)],
        "7 width, with more dropout": [
            replace(base, filters=filters, kernels=(15,), dropout=0.5) for filters in (4, 6, 8)
        ],
        "8 many short filters": [
            EscapeTcn(16, 0, (9,), 10, 0.25),
            EscapeTcn(32, 0, (5,), 5, 0.5),
        ],
    }
    return tuple(
        Variant("TCN", stage, network)
        for stage, networks in stages.items()
        for network in networks
    )


GRIDS: dict[str, Callable[[], tuple[Variant, ...]]] = {"paper": exploration, "own": own_grid}
