"""Which criterion of a search carries over to samples that it has not seen, and what it costs.

python -m build_decoder.bench.search_generalisation [NETWORK ...]

Every search sees the same samples, and the same greedy search runs with every criterion; only the
samples held out tell what a criterion is worth. ``loss`` is in points of accuracy, ``changed`` the
decisions changed on samples held out, ``cost`` the estimate of LUTs + 50 DSPs + 100 RAMB36.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from build_decoder.bench.networks import network_names, networks
from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.command import exit_status
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.bwid.ahead import search_ahead
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.formats import NetworkFormats, integer_model
from build_decoder.quant.judge import Judge
from build_decoder.quant.quality import Quality, measure
from build_decoder.quant.search import search_formats
from build_decoder.quant.search_result import SearchResult

__all__ = ["GoldenJudge", "main"]

_FOLDS = 4
_CONFIDENCE = 1.645  # one-sided 95 %
_COST = partial(AreaCost, family=DEFAULT)
_NO_LIMIT = Criterion(max_flips=1.0, max_output_error=10.0)


class GoldenJudge(Judge):
    """A judge that looks at the golden samples alone.

    Parameters
    ----------
    accept
        Called with a quality, and which samples (samples,) were right and are now wrong, and the
        other way round; tells whether that is enough.
    """

    def __init__(
        self,
        network: Network,
        golden: GoldenData,
        criterion: Criterion,
        *,
        accept: Callable[[Quality, np.ndarray, np.ndarray], bool],
        **how,
    ):
        super().__init__(network, golden, criterion, **how)
        self._accept, self._decide = accept, golden.task.decisions
        reference = self._full.reference
        self._labels, self._right = reference.labels, reference.decided == reference.labels

    def excuse(self, perfect: NetworkFormats) -> None:
        """Perfect formats are held to the same as all others."""

    def harm_if(
        self,
        formats: NetworkFormats,
        accepted: Callable[[float], bool],
        *,
        stages: int | None = None,
    ) -> float | None:
        """Output error, which ranks formats that are accepted."""
        harm = self.quality(formats).output_error / self.criterion.max_output_error
        return harm if accepted(harm) else None

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether the criterion holds."""
        right = self._decide(self._full.outputs(formats)) == self._labels
        return self._accept(self.quality(formats), self._right & ~right, right & ~self._right)


def _no_loss(quality, broken, mended) -> bool:
    return quality.loss <= 1e-12


def _agreement(quality, broken, mended) -> bool:
    return quality.loss <= 1e-12 and quality.agreement >= 0.999


def _output_error(quality, broken, mended) -> bool:
    return quality.loss <= 1e-12 and quality.agreement >= 0.999 and quality.output_error <= 0.01


def _folds(quality, broken, mended) -> bool:
    net = broken.astype(int) - mended.astype(int)
    return all(net[fold::_FOLDS].sum() <= 0 for fold in range(_FOLDS))


def _bound(quality, broken, mended) -> bool:
    """Upper confidence bound of broken less mended decisions, as in McNemar's test."""
    lost, won = broken.sum(), mended.sum()
    # Half a decision more: no change seen does not mean that none can come.
    bound = lost - won + _CONFIDENCE * np.sqrt(lost + won + 0.5)
    return quality.loss <= 1e-12 and bound <= max(0.001 * len(broken), _CONFIDENCE)


def _searches(
    network: Network, golden: GoldenData
) -> Iterator[tuple[str, Callable[[], SearchResult]]]:
    yield "ahead", lambda: search_ahead(network, golden)
    yield "ahead, fraction bits from 0", lambda: search_ahead(network, golden, lower_bound=0)
    for name, accept in (
        ("no loss", _no_loss),
        ("no loss on 4 folds", _folds),
        ("bound on broken - mended", _bound),
        ("agreement 99.9 %", _agreement),
        ("... and output error 1 %", _output_error),
    ):
        judge = partial(GoldenJudge, accept=accept)
        yield name, lambda judge=judge: search_formats(
            network, golden, _NO_LIMIT, _COST, prune=False, judge=judge
        )
    for flips in (0.001, 0.002, 0.003, 0.005):
        for prune in (False, True):
            criterion = Criterion(max_flips=flips)
            name = f"expected changes {100 * flips:g} %{', pruned' if prune else ''}"
            yield name, lambda criterion=criterion, prune=prune: search_formats(
                network, golden, criterion, _COST, prune=prune
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 2 bad input."""
    return exit_status(
        lambda: _run(network_names(argv, "build_decoder.bench.search_generalisation", __doc__)),
        prefix="bench.search_generalisation: ",
    )


def _run(names: list[str]) -> int:
    """Print a table for each network of ``names``, all if there are none."""
    for network, golden in networks(names):
        print(f"\n{network.name} ({network.topology}), {len(golden.search)} samples searched on, "
              f"{len(golden.unseen)} held out")
        print(f"{'criterion':40} {'bits':>5} {'cost':>6} {'loss':>6} {'held out':>8} "
              f"{'changed':>8} {'error':>6} {'runs':>6} {'s':>5}")
        for name, search in _searches(network, golden.search):
            start = time.perf_counter()
            result = search()
            seconds = time.perf_counter() - start
            model = integer_model(result.network, result.formats)
            unseen = measure(model, golden.unseen)
            cost = _COST(result.network)(result.formats)
            print(
                f"{name:40} {model.average_bit_width():5.2f} {cost:6.0f} "
                f"{100 * result.quality.loss:6.2f} {100 * unseen.loss:8.2f} "
                f"{100 * (1 - unseen.agreement):7.2f}% {result.quality.output_error:6.3f} "
                f"{result.evaluations:6} {seconds:5.1f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
