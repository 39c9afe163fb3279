"""How fast formats are evaluated and searched.

python -m build_decoder.bench.search_speed [NETWORK ...]

The same random walk, one node at a time as in a search, is evaluated three ways: each time the
whole integer model; only what is behind the changed node; and that on the samples of the decision
boundary, which come first in the default search.
"""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from build_decoder.bench.networks import network_names, networks
from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.command import exit_status
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import NetworkFormats, integer_model
from build_decoder.quant.near_boundary import near_boundary
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quality import measure
from build_decoder.quant.quantise import SEARCHES, quantise
from build_decoder.quant.range_analysis import analyse_ranges

__all__ = ["main"]

_EVALUATIONS = 60


def _walk(network: Network, golden: GoldenData, seed: int = 0) -> list[NetworkFormats]:
    """Formats of 5 to 9 bits, one node changed a bit at a time."""
    random = np.random.default_rng(seed)
    formats = {
        key: QFormat(f.integer, 7 - f.integer, f.signed)
        for key, f in analyse_ranges(network, golden.x).items()
    }
    walk, keys = [], list(formats)
    for _ in range(_EVALUATIONS):
        key = keys[random.integers(len(keys))]
        format = formats[key]
        width = int(np.clip(format.width + random.choice([-1, 1]), 5, 9))
        formats = {**formats, key: QFormat(format.integer, width - format.integer, format.signed)}
        walk.append(formats)
    return walk


def _rate(evaluate: Callable[[NetworkFormats], object], walk: list[NetworkFormats]) -> float:
    """Evaluations a second; activation tables are there already, as late in a search."""
    start = time.perf_counter()
    for formats in walk:
        evaluate(formats)
    return len(walk) / (time.perf_counter() - start)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 2 bad input."""
    return exit_status(
        lambda: _run(network_names(argv, "build_decoder.bench.search_speed", __doc__)),
        prefix="bench.search_speed: ",
    )


def _run(names: list[str]) -> int:
    """Print the rates for each network of ``names``, all if there are none."""
    for network, golden in networks(names):
        searched = golden.search
        walk = _walk(network, searched)
        near = near_boundary(network, searched).samples
        Evaluator(network, near).quality(walk[0])

        def whole(formats: NetworkFormats, network=network, searched=searched):
            return measure(integer_model(network, formats), searched)

        whole(walk[0])
        rates = [
            _rate(whole, walk),
            _rate(Evaluator(network, searched).quality, walk),
            _rate(Evaluator(network, near).quality, walk),
        ]
        print(
            f"{network.name} ({network.topology}): evaluations a second on {len(searched)} "
            f"samples: {rates[0]:.0f} whole, {rates[1]:.0f} remembering; "
            f"near the boundary {rates[2]:.0f}"
        )
        for search in SEARCHES:
            cost = partial(AreaCost, family=DEFAULT)
            result = quantise(network, golden, search=search, cost=cost).search
            steps = ", ".join(
                f"{step.name} {step.evaluations} in {step.seconds:.2f} s" for step in result.steps
            )
            print(f"  {search}: {result.evaluations} in {result.seconds:.2f} s ({steps})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
