"""The grids that can be explored, each a sequence of networks at their places."""

from collections.abc import Callable
from dataclasses import replace

from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn
from build_decoder.models.nerve_cuff.exploration import Variant, exploration

__all__ = ["GRIDS", "own_grid"]


def own_grid() -> tuple[Variant, ...]:
    """Variants of `EscapeTcn`, all of fewer weights and MACs than the paper's three networks."""
    base = EscapeTcn(8, 0, (15,), 25, dropout=0.5)
    stages = {
        "1 width": [replace(base, filters=filters) for filters in (4, 6, 8, 12)],
        "2 filter size": [replace(base, kernels=(kernel,)) for kernel in (9, 15, 21)],
        "3 pool": [replace(base, pool=pool) for pool in (10, 25)],
        "4 dropout": [replace(base, dropout=rate) for rate in (0.0, 0.5)],
        "5 dense layer": [replace(base, dense=units) for units in (0, 8)],
        "6 two layers": [
            EscapeTcn(8, 8, (15, 5), 5, 0.25),
            EscapeTcn(12, 0, (9, 5), 5, 0.5),
        ],
        "7 more and shorter filters": [
            EscapeTcn(12, 0, (9,), 25, 0.5),
            EscapeTcn(16, 0, (9,), 25, 0.5),
            EscapeTcn(32, 0, (5,), 5, 0.5),
        ],
    }
    return tuple(
        Variant("TCN", stage, network)
        for stage, networks in stages.items()
        for network in networks
    )


GRIDS: dict[str, Callable[[], tuple[Variant, ...]]] = {"paper": exploration, "own": own_grid}
