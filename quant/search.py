"""The default search: the cheapest decoder that keeps a criterion which carries over.

Five steps. ``range``: integer bits that hold what occurs. ``pruned``: neurons that others can stand
in for are left out; how many, is what the steps after it make cheapest. ``alone``: the fewest
fraction bits of each node, all others perfect. ``narrowed``: all together, widened until they keep
the criterion and then narrowed, at either end, where a unit of harm saves most cost.
``exchanged``: a bit more at one node for fewer at another, and what saves much although it does too
much harm, if wider others make up for it, while that saves cost.

Integer bits are narrowed as fraction bits are: the node then saturates within the range that
occurs, which costs little where large values are rare or where the next operation saturates anyway.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.progress import Progress, silent
from build_decoder.models.task import Kind
from build_decoder.quant.activations import is_exact
from build_decoder.quant.activations.forms import MAX_TABLE_WIDTH
from build_decoder.quant.cost import CostMaker
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.formats import (
    INPUT,
    NetworkFormats,
    NodeKey,
    edge_formats,
    integer_model,
    node_formats,
    ranks,
)
from build_decoder.quant.judge import Judge
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.pruning import pruning_path
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.quant.range_analysis import (
    MOST_PERFECT_WIDTH,
    analyse_ranges,
    coarsest_node,
    saturates,
)
from build_decoder.quant.search_result import SearchError, SearchResult, Step, StepRecorder
from build_decoder.quant.standard import Standard
from build_decoder.quant.weight_rounding import CompensatedRounding, on_grid

__all__ = ["search_formats"]

_BIT_COST = 0.5
"""Cost of any bit of any node beside ``cost``, which may not change with every bit."""

_UNBUILDABLE = 1e6
"""Cost of a bit where formats make sums that are too wide to build: above all that are not."""

_LEAST_HARM = 0.01
"""Harm, in parts of what is allowed, below which differences of harm do not matter."""

_HARM_COST = 0.3
"""What all harm that is allowed is worth, in parts of the cost: what saves less is not done."""

_PRUNED_HARM = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Parts of the harm allowed that pruning alone may do, each of which is tried."""

_STRIDE = 3
"""Most bits that a node is narrowed by at once: costs have steps that no single bit gets over."""

_WORTHWHILE = 0.03
"""Part of the cost that several nodes made wider for a narrower one have to save."""

_EXTRA = 4
_MOST_EXTRA = 24
"""Fraction bits that perfect formats get more at once, and at most, while they do not keep golden
decisions."""

_FINER_OUTPUTS = 8
"""Most bits that outputs of generated activations get for what these err by."""

_PERFECT_ERROR = 0.01
"""Error of an output, in its standard deviation, that formats do not have which hold all values."""

_HELD = ("accumulator", "sum", "output")
"""Nodes of the last layer that hold all of golden data's range where the network may have been
trained on it, unless its activation saturates by itself: what saturates there on new data changes
the answer. Where outputs are values of their own, all signals hold all of it, since an error of
saturation may be of any size."""


def search_formats(
    network: Network,
    golden: GoldenData,
    criterion: Criterion,
    cost: CostMaker,
    *,
    standard: Standard | None = None,
    prune: bool = True,
    finer: bool = True,
    uniform_segments: int | None = None,
    judge: Callable[..., Judge] = Judge,
    progress: Progress = silent,
) -> SearchResult:
    """Cheap formats for ``network`` that keep ``criterion`` on ``golden``.

    Parameters
    ----------
    cost
        Makes what is made small, for a network with as many neurons or fewer.
    standard
        Default: that of ``network``, ``golden`` and ``criterion``.
    prune
        Leave out neurons that others can stand in for.
    finer
        Take finer formats where the usual ones do not keep many of golden data's decisions.
    uniform_segments
        Of generated activations; see :func:`quant.quantise.quantise`.
    judge
        Makes what says whether a network's formats keep the criterion.
    progress
        Called now and then with a short text that says what is being done.

    Raises
    ------
    SearchError
        If not even perfect formats hold the network's values.
    """
    standard = standard or Standard(network, golden, criterion)

    suspected = any(near.even for near in standard.near)

    def search_of(network: Network, extra: int = 0) -> _Search:
        rounding = CompensatedRounding(network, golden.x)
        how = {"rounding": rounding, "standard": standard, "uniform_segments": uniform_segments}
        judged = judge(network, golden, criterion, **how)
        return _Search(
            network, golden, cost(network), rounding, judged, progress, extra, suspected
        )

    first = best = search_of(network)
    searches = [first]
    recorder = StepRecorder(
        lambda: best.network,
        lambda: sum(search.judge.evaluations for search in searches),
        lambda formats: best.judge.quality(formats),
    )
    with recorder.step("range") as found:
        found(first.perfect)
    exact = first.judge
    if uniform_segments is not None:
        exact = judge(network, golden, criterion, rounding=first.rounding, standard=standard)
    first.check(exact, finer)
    with recorder.step("pruned") as found:
        if prune:
            pruned = (
                search_of(smaller, first.extra) for smaller in _pruned(network, golden, standard)
            )
            searches.extend(search for search in pruned if search.holds(search.perfect))
        best = min(searches, key=lambda search: search.worth(search.steps[-1].formats))
        found(best.perfect)
    with recorder.step("exchanged") as found:
        found(best.exchanged(best.steps[-1].formats))
    formats = recorder.steps[-1].formats
    if not best.is_exact(formats):
        with recorder.step("exact") as found:
            found(best.made_exact(formats, uniform_segments))
    ranges, pruned, exchanged = recorder.steps[:3]
    # The widths of what was kept were searched to find that it is the best to keep.
    pruned = replace(
        pruned,
        evaluations=pruned.evaluations - sum(step.evaluations for step in best.steps),
        seconds=pruned.seconds - sum(step.seconds for step in best.steps),
    )
    return SearchResult(
        "default" if prune else "widths",
        on_grid(best.network, recorder.steps[-1].formats, best.rounding),
        (ranges, pruned, *best.steps, *recorder.steps[2:]),
        standard.near_ties,
    )


def _pruned(network: Network, golden: GoldenData, standard: Standard) -> list[Network]:
    """The smallest networks that keep the standard and do not harm more than a limit, for each of
    :data:`_PRUNED_HARM`; all different."""
    near = standard.near_samples
    smallest = {}
    for pruned in pruning_path(network, golden.x):
        quality = standard.quality(pruned.forward(golden.x))
        harm = standard.harm(None if near is None else pruned.forward(near.x), quality)
        if harm > max(_PRUNED_HARM):
            break
        if standard.holds(harm, quality):
            smallest.update((limit, pruned) for limit in _PRUNED_HARM if harm <= limit)
    return list({id(pruned): pruned for pruned in smallest.values()}.values())


class _Search:
    """Search of the widths of one network, pruned or not."""

    def __init__(self, network, golden, cost, rounding, judge, progress, extra, suspected):
        self.network = network
        self.rounding = rounding
        self.judge = judge
        self.raw_cost = cost
        self.progress = progress
        self.step = "range"
        self._golden = golden
        self._values = golden.task.keeps_values
        self._each = golden.task.kind is Kind.REGRESSION
        last = network.nodes[-1].layer
        self._last = network.nodes[-1].name
        self._holds_last = suspected and not any(
            activation.output == "output" and saturates(activation.activation)
            for activation in quantiser_of(last).activations(last)
        )
        self._ranks = ranks(network)
        self.widen(extra)

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether ``formats`` keep the criterion."""
        self.progress(
            f"{self.network.topology}, {self.step}: {self.judge.evaluations} evaluations"
        )
        return self.judge.holds(formats)

    def widen(self, extra: int) -> None:
        """Perfect formats with ``extra`` fraction bits, as far as they may be so wide."""
        self.perfect = analyse_ranges(
            self.network, self._golden.x, values=self._values, each=self._each, extra=extra
        )
        self.extra = extra

    def cost(self, formats: NetworkFormats) -> float:
        bits = sum(f.width for f in formats.values())
        try:
            area = self.raw_cost(formats)
        except ValueError:  # sums wider than any that this project builds
            area = _UNBUILDABLE * bits
        return area + _BIT_COST * bits

    def worth(self, formats: NetworkFormats) -> float:
        """Cost, and what the harm done for it is worth."""
        return self.cost(formats) * (1 + _HARM_COST * self.judge.harm(formats))

    def check(self, exact: Judge, finer: bool) -> None:
        """Make perfect formats finer until they are good enough, and excuse what is left.

        A few decisions that they change are near ties, and no reason: :meth:`Judge.excuse`. What
        uniform segments change is one: ``exact`` judges without them.

        Raises
        ------
        SearchError
            If no formats are good enough.
        """
        criterion = exact.criterion
        limit = min(_PERFECT_ERROR, criterion.max_error or _PERFECT_ERROR)
        standard = exact.standard

        def short() -> tuple[float, int]:
            """By how much errors, and lost decisions, are beyond what is good enough."""
            errors = max(exact.quality(self.perfect).errors)
            lost = exact.lost(self.perfect) if finer else 0
            return max(errors - limit, 0.0), max(lost - standard.may_be_lost, 0)

        now = short()
        while max(now) > 0 and self.extra < _MOST_EXTRA:
            self.widen(self.extra + _EXTRA)
            before, now = now, short()
            if now > before:
                # Sums hold no more bits: what one operand gets, the other loses.
                self.widen(self.extra - _EXTRA)
                break
        quality = exact.quality(self.perfect)
        if max(quality.errors) > limit:
            output = max(range(len(quality.errors)), key=quality.errors.__getitem__)
            coarsest = coarsest_node(self.network, self._golden.x, self.perfect, each=self._each)
            raise SearchError(
                f"expected values that formats of at most {MOST_PERFECT_WIDTH} bits hold, got "
                f"output {output} off by {quality.errors[output]:.3g} of its standard deviation "
                f"(at most {limit:g}) with these: {coarsest}"
            )
        exact.excuse(self.perfect)
        if not self.holds(self.perfect):
            quality = self.judge.quality(self.perfect)
            raise SearchError(
                f"expected an accuracy lost of at most {criterion.max_loss:.4f} and at most "
                f"{criterion.max_flips:.4f} of decisions changed, got "
                f"{quality.accuracy_lost:.4f} and {self.judge.flips(self.perfect):.4f} with "
                "as many segments as asked for and the finest formats"
            )

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps ``alone`` and ``narrowed``."""
        recorder = StepRecorder(
            lambda: self.network, lambda: self.judge.evaluations, self.judge.quality
        )
        self.step = "alone"
        with recorder.step("alone") as found:
            formats = {key: self.narrowest_alone(key) for key in self.perfect}
            found(formats)
        self.step = "narrowed"
        with recorder.step("narrowed") as found:
            formats = self.narrowed(self.widened(formats))
            found(formats)
        return tuple(recorder.steps)

    def narrower(self, key: NodeKey, format: QFormat) -> list[QFormat]:
        """Formats that node ``key`` may have instead of ``format``, a few bits narrower."""
        if self._values:
            held = key.role in (INPUT, *_HELD)
        else:
            held = self._holds_last and key.node == self._last and key.role in _HELD
        least = self.perfect[key].integer if held else -MAX_WIDTH
        return [narrower for narrower in _narrower(format) if narrower.integer >= least]

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
        """Fewer bits where that saves most for the harm, again and again, while it holds."""
        before = None
        while formats != before:
            before, formats = formats, self._narrowed_once(formats)
        return formats

    def _narrowed_once(self, formats: NetworkFormats) -> NetworkFormats:
        # Other nodes' narrowing rarely makes a node's own harm less. So what was refused is not
        # asked for again until nothing else is left, and of the others, which are ranked by what
        # they were worth when last looked at, only the first has to be looked at again.
        ranked = []
        for key, format in formats.items():
            for narrower in self.narrower(key, format):
                self._rank(ranked, formats, key, narrower, 0)
        accepted = 0
        while ranked:
            _, _, looked_at, key, narrower = heapq.heappop(ranked)
            if not _is_narrower(narrower, formats[key]):
                continue
            if looked_at < accepted:
                self._rank(ranked, formats, key, narrower, accepted)
                continue
            changed = {**formats, key: narrower}
            if self.holds(changed):
                formats, accepted = changed, accepted + 1
                for next_narrower in self.narrower(key, narrower):
                    self._rank(ranked, formats, key, next_narrower, accepted)
        return formats

    def _rank(self, ranked: list, formats: NetworkFormats, key, narrower, now: int) -> None:
        """Put a change into ``ranked`` by what it saves for its harm, if it is worth that."""
        cost, harm = self.cost(formats), self.judge.harm(formats)
        changed = {**formats, key: narrower}
        saved = cost - self.cost(changed)
        if saved <= 0:
            return
        added = self.judge.harm(changed) - harm
        if harm + added <= 1 and saved >= _HARM_COST * added * cost:
            worth = saved / max(added, _LEAST_HARM)
            order = (self._ranks[key], narrower.integer, narrower.fraction)
            heapq.heappush(ranked, (-worth, order, now, key, narrower))

    def is_exact(self, formats: NetworkFormats) -> bool:
        """Whether the evaluator ran what will be built: see :data:`MAX_TABLE_WIDTH`."""
        return not self._approximated(formats)

    def _approximated(self, formats: NetworkFormats) -> list[NodeKey]:
        """Outputs of generated activations whose inputs are wide."""
        edges = edge_formats(self.network, formats)
        found = []
        for node in self.network.nodes:
            own = node_formats(formats, node)
            for activation in quantiser_of(node.layer).activations(node.layer):
                # Of a softmax, what goes in follows from its input.
                into = own.get(activation.input) or edges[node.inputs[0]]
                if not is_exact(activation.activation) and into.width > MAX_TABLE_WIDTH:
                    found.append(NodeKey(node.name, activation.output))
        return found

    def made_exact(self, formats: NetworkFormats, uniform_segments: int | None) -> NetworkFormats:
        """``formats`` with outputs wider, until the integer model itself keeps the criterion.

        A generated activation errs by a step of its output; the evaluator took the function itself
        where the input is wide. If no width does, the last one tried is given.
        """
        wide = self._approximated(formats)
        for _ in range(_FINER_OUTPUTS):
            network = on_grid(self.network, formats, self.rounding)
            model = integer_model(network, formats, uniform_segments=uniform_segments)
            if self.judge.standard.keeps(model.predict):
                break
            formats = formats | {
                key: _with(formats[key], fraction=formats[key].fraction + 1) for key in wide
            }
        return formats

    def exchanged(self, formats: NetworkFormats) -> NetworkFormats:
        """A bit more at one node for fewer at others, while that saves cost."""
        self.step = "exchanged"
        better = formats
        while better is not None:
            formats = self.narrowed(better)
            better = self.traded(formats) or self.swapped(formats)
        return formats

    def traded(self, formats: NetworkFormats) -> NetworkFormats | None:
        """Cheaper formats with a node narrower than the others allow, which are wider for it."""
        limit = (1 - _WORTHWHILE) * self.cost(formats)
        trades = []
        for key, format in formats.items():
            for narrower in self.narrower(key, format):
                if (cost := self.cost({**formats, key: narrower})) < limit:
                    trades.append((cost, key, narrower))
        for _, key, narrower in sorted(trades, key=lambda entry: entry[0]):
            if (better := self.made_up({**formats, key: narrower}, key, limit)) is not None:
                return better
        return None

    def made_up(
        self, formats: NetworkFormats, kept: NodeKey, limit: float
    ) -> NetworkFormats | None:
        """``formats`` with nodes but ``kept`` wider, until they keep the criterion.

        Those first where a unit of cost takes most harm away. None if it costs ``limit``.
        """
        while not self.holds(formats):
            cost, harm = self.cost(formats), self.judge.harm(formats)
            best, most = None, 0.0
            for key, format in formats.items():
                for wider in _wider(format) if key != kept else ():
                    changed = {**formats, key: wider}
                    taken = harm - self.judge.harm(changed)
                    added = self.cost(changed) - cost
                    if taken > most * max(added, _BIT_COST) and cost + added < limit:
                        best, most = changed, taken / max(added, _BIT_COST)
            if best is None:
                return None
            formats = best
        return formats

    def swapped(self, formats: NetworkFormats) -> NetworkFormats | None:
        """Cheaper formats with one node a bit wider and another narrower."""
        cost = self.cost(formats)
        for wider in self.wider(formats):
            if (better := self.cheaper(wider, cost)) is not None:
                return better
        return None

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
            for narrower in self.narrower(key, format):
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
    strides = range(1, min(_STRIDE, format.width - 1) + 1)
    return [_with(format, fraction=format.fraction - bits) for bits in strides] + [
        _with(format, integer=format.integer - bits) for bits in strides
    ]


def _is_narrower(format: QFormat, than: QFormat) -> bool:
    return (
        format.width < than.width
        and format.integer <= than.integer
        and format.fraction <= than.fraction
    )


def _wider(format: QFormat) -> list[QFormat]:
    return [
        _with(format, fraction=format.fraction + 1), _with(format, integer=format.integer + 1)
    ]
