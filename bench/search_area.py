"""What the default search saves beside AHEAD's, after synthesis.

python -m build_decoder.bench.search_area [NETWORK ...]

All searches see the same samples; the decoders are designed alike, one input a cycle into all
neurons, and synthesised with ``synth_xilinx``. ``cost`` is LUTs + 50 DSPs + 100 RAMB36, ``lost``
points of accuracy, ``changed`` the decisions that are not the float model's, both on samples that
no search has seen. Exits with status 1 if the default search does not save a quarter of the cost of
some network, or loses more than AHEAD's where that loses anything.
"""

import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from build_decoder.bench.networks import network_names, networks
from build_decoder.bench.resources import measure
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.models.command import exit_status
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.quantise import quantise

__all__ = ["main"]

_LEAST_SAVING = 0.25
_SEARCHES = ("ahead", "widths", "default")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 too little is saved, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(network_names(argv, "build_decoder.bench.search_area", __doc__)),
        prefix="bench.search_area: ",
        tools=True,
    )


def _run(names: list[str]) -> int:
    """Print a row for each search of each network of ``names``, all if there are none."""
    print(f"{'network':14} {'search':8} {'built':>12} {'bits':>5} {'lut':>5} {'ff':>5} {'dsp':>4} "
          f"{'bram':>5} {'cost':>6} {'saved':>6} {'lost':>6} {'changed':>8} {'s':>5}")
    met = True
    for network, golden in networks(names):
        costs, losses = {}, {}
        for search in _SEARCHES:
            costs[search], losses[search] = _row(network, golden, search, costs.get("ahead"))
        met &= costs["default"] <= (1 - _LEAST_SAVING) * costs["ahead"]
        met &= losses["default"] <= max(losses["ahead"], 0)
    return 0 if met else 1


def _row(
    network: Network, golden: GoldenData, search: str, ahead: float | None
) -> tuple[float, float]:
    """Print a row; returns cost, and accuracy lost on unseen samples."""
    found = quantise(network, golden, search=search, cost=partial(AreaCost, family=XC7))
    model = found.model
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Decoder(design_decoder(model, family=XC7)), XC7, Path(folder))
    cost = XC7.cost(Area(**{name: figures[name] for name in ("lut", "ff", "dsp", "bram")}))
    saved = 0.0 if ahead is None else 1 - cost / ahead
    seconds = sum(step.seconds for step in found.search.steps)
    print(
        f"{network.name:14} {search:8} {found.search.network.topology:>12} "
        f"{model.average_bit_width():5.2f} {figures['lut']:5} {figures['ff']:5} "
        f"{figures['dsp']:4} {figures['bram']:5} {cost:6.0f} {100 * saved:5.1f}% "
        f"{100 * found.unseen.loss:6.2f} {100 * (1 - found.unseen.agreement):7.2f}% {seconds:5.1f}",
        flush=True,
    )
    return cost, found.unseen.loss


if __name__ == "__main__":
    sys.exit(main())
