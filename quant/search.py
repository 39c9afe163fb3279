"""The default search: the cheapest formats that keep a criterion which carries over.

Four steps. ``range``: integer bits that hold what occurs. ``alone``: the fewest fraction bits of
each node, all others perfect. ``narrowed``: all together, widened until they keep the criterion and
then a bit narrower, at either end, where a unit of harm saves most cost. ``exchanged``: a bit more
at one node for fewer at another, while that saves cost.

Integer bits are narrowed as fraction bits are: the node then saturates within the range that
occurs, which costs little where large values are rare or where the next operation saturates anyway.
"""

from collections.abc import Iterator

from models.golden import GoldenData
from models.network import Network
from quant.cost import Cost
from quant.criterion import Criterion
from quant.formats import NetworkFormats, NodeKey
from quant.judge import Judge
from quant.qformat import QFormat
from quant.range_analysis import analyse_ranges
from quant.search_result import SearchError, SearchResult, Step, StepRecorder
from quant.weight_rounding import CompensatedRounding, WeightRounding, on_grid

__all__ = ["search_formats"]

_BIT_COST = 0.5
"""Cost of any bit of any node beside ``cost``, which may not change with every bit."""

_LEAST_HARM = 0.01
"""Harm, in parts of what is allowed, below which differences of harm do not matter."""


def search_formats(
    network: Network, golden: GoldenData, criterion: Criterion, cost: Cost,
    *, rounding: WeightRounding | None = None, judge: Judge | None = None,
) -> SearchResult:
    """Cheap formats for ``network`` that keep ``criterion`` on ``golden``.

    Parameters
    ----------
    cost
        What is made small.
    rounding
        Of weights; default: :class:`~quant.weight_rounding.CompensatedRounding` on ``golden``.
    judge
        Says what keeps the criterion; default: :class:`~quant.judge.Judge` of all these.

    Raises
    ------
    SearchError
        If not even perfect formats keep it.
    """
    rounding = rounding or CompensatedRounding(network, golden.x)
    judge = judge or Judge(network, golden, criterion, rounding=rounding)
    steps = _Search(network, golden, cost, judge).run()
    return SearchResult("default", on_grid(network, steps[-1].formats, rounding), steps)


class _Search:
    def __init__(self, network, golden, cost, judge):
        self.judge = judge
        self.holds = judge.holds
        self.raw_cost = cost
        self.perfect = analyse_ranges(network, golden.x)

    def cost(self, formats: NetworkFormats) -> float:
        return self.raw_cost(formats) + _BIT_COST * sum(f.width for f in formats.values())

    def run(self) -> tuple[Step, ...]:
        recorder = StepRecorder(lambda: self.judge.evaluations, self.judge.quality)
        with recorder.step("range") as found:
            found(self.perfect)
        if not self.holds(self.perfect):
            quality = self.judge.quality(self.perfect)
            raise SearchError(
                f"expected a loss of at most {self.judge.criterion.max_loss:.4f} with perfect "
                f"formats, got {quality.loss:.4f}, with {quality.agreement:.4f} of decisions kept, "
                f"{self.judge.flips(self.perfect):.4f} expected to change and an output error of "
                f"{quality.output_error:.4f}"
            )
        with recorder.step("alone") as found:
            formats = {key: self.narrowest_alone(key) for key in self.perfect}
            found(formats)
        with recorder.step("narrowed") as found:
            formats = self.narrowed(self.widened(formats))
            found(formats)
        with recorder.step("exchanged") as found:
            formats = self.exchanged(formats)
            found(formats)
        return tuple(recorder.steps)

    def narrowest_alone(self, key: NodeKey) -> QFormat:
        """Fewest fraction bits of node ``key`` with all other nodes perfect, by bisection."""
        format = self.perfect[key]
        low, high = 1 - format.integer, format.fraction
        while low < high:
            middle = (low + high) // 2
            if self.holds({**self.perfect, key: _with(format, fraction=middle)}):
                high = middle
            else:
                low = middle + 1
        return _with(format, fraction=high)

    def widened(self, formats: NetworkFormats) -> NetworkFormats:
        """All nodes a bit wider, again and again, until together they keep the criterion."""
        while not self.holds(formats):
            formats = {
                key: _with(f, fraction=min(f.fraction + 1, self.perfect[key].fraction))
                for key, f in formats.items()
            }
        return formats

    def narrowed(self, formats: NetworkFormats) -> NetworkFormats:
        """A bit less where that saves most for the harm, again and again, while it holds."""
        before = None
        while formats != before:
            before, formats = formats, self._narrowed_once(formats)
        return formats

    def _narrowed_once(self, formats: NetworkFormats) -> NetworkFormats:
        # Narrower formats elsewhere rarely make room again for a bit that could not be spared, so
        # that it is not asked for again until nothing else is left.
        refused = set()
        while True:
            ranked = []
            cost, harm = self.cost(formats), self.judge.harm(formats)
            for key, format in formats.items():
                for narrower in _narrower(format):
                    if (key, narrower) in refused:
                        continue
                    changed = {**formats, key: narrower}
                    added = self.judge.harm(changed) - harm
                    saved = cost - self.cost(changed)
                    if harm + added > 1 or saved <= 0:
                        refused.add((key, narrower))
                    else:
                        ranked.append((saved / max(added, _LEAST_HARM), key, narrower))
            ranked.sort(key=lambda entry: entry[0], reverse=True)
            for _, key, narrower in ranked:
                if self.holds({**formats, key: narrower}):
                    formats = {**formats, key: narrower}
                    break
                refused.add((key, narrower))
            else:
                return formats

    def exchanged(self, formats: NetworkFormats) -> NetworkFormats:
        """A bit more at one node for fewer at others, while that saves cost."""
        improved = True
        while improved:
            improved = False
            cost = self.cost(formats)
            for wider in self.wider(formats):
                if (better := self.cheaper(wider, cost)) is not None:
                    formats, improved = self.narrowed(better), True
                    break
        return formats

    def wider(self, formats: NetworkFormats) -> Iterator[NetworkFormats]:
        """``formats`` with one node a bit wider, those first that harm least."""
        tried = []
        for key, format in formats.items():
            for changed in _wider(format):
                if changed.fraction <= self.perfect[key].fraction and (
                    changed.integer <= self.perfect[key].integer
                ):
                    candidate = {**formats, key: changed}
                    tried.append((self.judge.harm(candidate), key, changed))
        for _, key, changed in sorted(tried, key=lambda entry: entry[0]):
            yield {**formats, key: changed}

    def cheaper(self, formats: NetworkFormats, cost: float) -> NetworkFormats | None:
        """``formats`` with one node narrower, if that costs less than ``cost`` and holds."""
        candidates = []
        for key, format in formats.items():
            for once in _narrower(format):
                for narrower in (once, *_narrower(once)):
                    changed = {**formats, key: narrower}
                    if (now := self.cost(changed)) < cost - 1e-9:
                        candidates.append((now, key, narrower))
        for _, key, narrower in sorted(candidates, key=lambda entry: entry[0]):
            changed = {**formats, key: narrower}
            if self.holds(changed):
                return changed
        return None


def _with(format: QFormat, *, integer: int | None = None, fraction: int | None = None) -> QFormat:
    return QFormat(
        format.integer if integer is None else integer,
        format.fraction if fraction is None else fraction,
        format.signed,
    )


def _narrower(format: QFormat) -> list[QFormat]:
    if format.width == 1:
        return []
    return [
        _with(format, fraction=format.fraction - 1), _with(format, integer=format.integer - 1)
    ]


def _wider(format: QFormat) -> list[QFormat]:
    return [
        _with(format, fraction=format.fraction + 1), _with(format, integer=format.integer + 1)
    ]
