"""Search of the widths of one network: the steps ``alone`` and ``narrowed``."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.progress import Progress
from build_decoder.models.task import Kind
from build_decoder.quant.cost import Cost
from build_decoder.quant.format_moves import is_narrower, narrower_formats, with_bits
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey, ranks
from build_decoder.quant.input_statistics import InputStatistics
from build_decoder.quant.joint_judge import JointJudge
from build_decoder.quant.judge import Judge
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.operations.union import union
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.quant.range_analysis import (
    MOST_PERFECT_WIDTH,
    analyse_ranges,
    coarsest_node,
    saturates,
)
from build_decoder.quant.search_result import SearchError, Step, StepRecorder
from build_decoder.quant.weight_rounding import CompensatedRounding

__all__ = ["BIT_COST", "WidthSearch"]

BIT_COST = 0.5
"""Cost of any bit of any node beside ``cost``, which may not change with every bit."""

_UNBUILDABLE = 1e6
"""Cost of a bit where formats make sums that are too wide to build: above all that are not."""

_LEAST_HARM = 0.01
"""Harm, in parts of what is allowed, below which differences of harm do not matter."""

_HARM_COST = 0.3
"""What all harm that is allowed is worth, in parts of the cost: what saves less is not done."""

_HOPELESS = 1.1
"""Cost after the step ``alone``, in parts of what other formats are worth, from which on the step
``narrowed`` is left out: what it found was worth 0.94 to 1.72 of that cost in 25 networks."""

_EXTRA = 4

_MOST_EXTRA = 24
"""Fraction bits that perfect formats get more at once, and at most, while they do not keep golden
decisions."""

_PERFECT_ERROR = 0.01
"""Error of an output, in its standard deviation, that formats do not have which hold all values."""

_HELD = ("accumulator", "sum", "output")
"""Nodes of the last layer that hold all of golden data's range where the network may have been
trained on it, unless its activation saturates by itself: what saturates there on new data changes
the answer. Where outputs are values of their own, all signals hold all of it, since an error of
saturation may be of any size."""


class WidthSearch:
    """Search of the widths of one network, pruned or not.

    Parameters
    ----------
    cases
        The network, and the samples that it is searched on; behind it, others whose formats these
        must be too, with their own samples, all of the same signal nodes.
    cost
        What is made small.
    roundings
        How the weights of each are rounded.
    judge
        Says whether formats keep the criterion.
    progress
        Called with what is being done.
    extra
        Fraction bits of perfect formats beyond the usual ones.
    suspected
        Whether golden data may be what the network was trained on.
    alike
        For each node, all that have the format that it has; default: each has its own.
    statistics
        Of the inputs of each case, which searches of other networks on the same samples share.
        Default: shared with none.

    Attributes
    ----------
    perfect : NetworkFormats
        Formats that are as good as real numbers.
    step : str
        Name of the step, for ``progress``.
    alike : mapping of NodeKey to tuple of NodeKey
        As given, of all nodes.
    """

    def __init__(
        self,
        cases: Sequence[tuple[Network, GoldenData]],
        *,
        cost: Cost,
        roundings: Sequence[CompensatedRounding],
        judge: Judge | JointJudge,
        progress: Progress,
        extra: int,
        suspected: bool,
        alike: Mapping[NodeKey, tuple[NodeKey, ...]] | None = None,
        statistics: Sequence[InputStatistics] | None = None,
    ):
        network, golden = cases[0]
        self.network = network
        self.networks = tuple(network for network, _ in cases)
        self.roundings = tuple(roundings)
        self.judge = judge
        self.raw_cost = cost
        self.progress = progress
        self.step = "range"
        self._cases = cases
        self._statistics = statistics or [InputStatistics() for _ in cases]
        self._values = golden.task.keeps_values
        self._each = golden.task.kind is Kind.REGRESSION
        last = network.nodes[-1].layer
        self._last = network.nodes[-1].name
        self._holds_last = suspected and not any(
            activation.output == "output" and saturates(activation.activation)
            for activation in quantiser_of(last).activations(last)
        )
        self._ranks = ranks(network)
        self._standing: tuple[NetworkFormats | None, float, float] = (None, 0.0, 0.0)
        self.alike = {key: (key,) for key in self._ranks} if alike is None else alike
        self.widen(extra)

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether ``formats`` keep the criterion."""
        self.progress(
            f"{self.network.topology}, {self.step}: {self.judge.evaluations} evaluations"
        )
        return self.judge.holds(formats)

    def widen(self, extra: int) -> None:
        """Perfect formats with ``extra`` fraction bits, as far as they may be so wide."""
        how = {"values": self._values, "each": self._each, "extra": extra}
        found = [
            analyse_ranges(network, golden.x, statistics=statistics, **how)
            for (network, golden), statistics in zip(self._cases, self._statistics, strict=True)
        ]
        perfect = {key: union([formats[key] for formats in found]) for key in found[0]}
        self.perfect = {key: self._of_all(perfect, key) for key in perfect}
        self.extra = extra

    def _of_all(self, formats: NetworkFormats, key: NodeKey) -> QFormat:
        """What holds all of the nodes that have one format with ``key``, no wider than the widest
        of theirs."""
        each = [formats[other] for other in self.alike[key]]
        both = union(each)
        return with_bits(both, fraction=max(f.width for f in each) - both.integer)

    def changed(self, formats: NetworkFormats, key: NodeKey, format: QFormat) -> NetworkFormats:
        """``formats`` with another one for node ``key``, and for those that have the same."""
        return {**formats, **dict.fromkeys(self.alike[key], format)}

    def each(self, formats: NetworkFormats) -> Iterator[tuple[NodeKey, QFormat]]:
        """Nodes, one of those that have the same format, with it."""
        return ((key, f) for key, f in formats.items() if self.alike[key][0] == key)

    def cost(self, formats: NetworkFormats) -> float:
        bits = sum(f.width for f in formats.values())
        try:
            area = self.raw_cost(formats)
        except ValueError:  # sums wider than any that this project builds
            area = _UNBUILDABLE * bits
        return area + BIT_COST * bits

    def worth(self, formats: NetworkFormats) -> float:
        """Cost, and what the harm done for it is worth."""
        return self.cost(formats) * (1 + _HARM_COST * self.judge.harm(formats))

    def check(self, exact: Judge | JointJudge, finer: bool) -> None:
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

        def short() -> tuple[float, int]:
            """By how much errors, and lost decisions, are beyond what is good enough."""
            errors = max(max(judge.quality(self.perfect).errors) for judge in exact.each)
            lost = max(
                judge.lost(self.perfect) - judge.standard.may_be_lost if finer else 0
                for judge in exact.each
            )
            return max(errors - limit, 0.0), max(lost, 0)

        now = short()
        while max(now) > 0 and self.extra < _MOST_EXTRA:
            self.widen(self.extra + _EXTRA)
            before, now = now, short()
            if now > before:
                # Sums hold no more bits: what one operand gets, the other loses.
                self.widen(self.extra - _EXTRA)
                break
        for (network, golden), judge in zip(self._cases, exact.each, strict=True):
            quality = judge.quality(self.perfect)
            if max(quality.errors) <= limit:
                continue
            output = max(range(len(quality.errors)), key=quality.errors.__getitem__)
            coarsest = coarsest_node(network, golden.x, self.perfect, each=self._each)
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

    @property
    def steps(self) -> tuple[Step, Step]:
        """The steps ``alone`` and ``narrowed``."""
        return self._alone, self._narrowed

    @cached_property
    def _alone(self) -> Step:
        formats = self.perfect
        with self._recorded("alone") as found:
            for key, _ in self.each(self.perfect):
                formats = self.changed(formats, key, self.narrowest_alone(key))
            found(formats)
        return self._recorder.steps[-1]

    @cached_property
    def _narrowed(self) -> Step:
        with self._recorded("narrowed") as found:
            found(self.narrowed(self.widened(self._alone.formats)))
        return self._recorder.steps[-1]

    @cached_property
    def _recorder(self) -> StepRecorder:
        return StepRecorder(
            lambda: self.network, lambda: self.judge.evaluations, self.judge.quality
        )

    def _recorded(self, step: str) -> AbstractContextManager:
        self.step = step
        return self._recorder.step(step)

    def may_be_worth_less(self, than: float) -> bool:
        """Whether the second step is worth its time, where formats of another network are worth
        ``than``, by what they cost after the first step."""
        return self.cost(self._alone.formats) < _HOPELESS * than

    def narrower(self, key: NodeKey, format: QFormat) -> list[QFormat]:
        """Formats that node ``key`` may have instead of ``format``, a few bits narrower."""
        if self._values:
            held = key.role in (INPUT, *_HELD)
        else:
            last = any(other.node == self._last for other in self.alike[key])
            held = self._holds_last and last and key.role in _HELD
        least = self.perfect[key].integer if held else -MAX_WIDTH
        return [narrower for narrower in narrower_formats(format) if narrower.integer >= least]

    def narrowest_alone(self, key: NodeKey) -> QFormat:
        """Fewest fraction bits of node ``key`` with others perfect, by bisection."""
        format = self.perfect[key]
        low, high = 1 - format.integer, format.fraction
        while low < high:
            middle = (low + high) // 2
            narrower = with_bits(format, fraction=middle)
            if self.holds(self.changed(self.perfect, key, narrower)):
                high = middle
            else:
                low = middle + 1
        return with_bits(format, fraction=high)

    def widened(self, formats: NetworkFormats) -> NetworkFormats:
        """All nodes a bit wider, again and again, until together they keep the criterion."""
        while not self.holds(formats):
            formats = self.wider(formats)
        return formats

    def wider(self, formats: NetworkFormats) -> NetworkFormats:
        """All nodes a fraction bit wider, as far as perfect formats are."""
        return {
            key: with_bits(f, fraction=min(f.fraction + 1, self.perfect[key].fraction))
            for key, f in formats.items()
        }

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
        for key, format in self.each(formats):
            for narrower in self.narrower(key, format):
                self._rank(ranked, formats, key, narrower, 0)
        accepted = 0
        while ranked:
            less, _, looked_at, key, narrower = heapq.heappop(ranked)
            if not is_narrower(narrower, formats[key]):
                continue
            if looked_at < accepted:
                self._rank(ranked, formats, key, narrower, accepted)
                continue
            # It may have been ranked by a part of the samples, which makes it worth no less.
            worth = self._worth(formats, key, narrower, self.judge.stages)
            if worth is None or worth < -less:
                if worth is not None:
                    self._push(ranked, worth, accepted, key, narrower)
                continue
            changed = self.changed(formats, key, narrower)
            if self.holds(changed):
                formats, accepted = changed, accepted + 1
                for next_narrower in self.narrower(key, narrower):
                    self._rank(ranked, formats, key, next_narrower, accepted)
        return formats

    def _rank(self, ranked: list, formats: NetworkFormats, key, narrower, now: int) -> None:
        """Put a change into ``ranked`` by what it saves for its harm, if it is worth that."""
        worth = self._worth(formats, key, narrower, self.judge.first_stages)
        if worth is not None:
            self._push(ranked, worth, now, key, narrower)

    def _push(self, ranked: list, worth: float, now: int, key, narrower) -> None:
        order = (self._ranks[key], narrower.integer, narrower.fraction)
        heapq.heappush(ranked, (-worth, order, now, key, narrower))

    def _cost_and_harm(self, formats: NetworkFormats) -> tuple[float, float]:
        """Of formats from which one change after the other is tried."""
        if self._standing[0] is not formats:
            self._standing = (formats, self.cost(formats), self.judge.harm(formats))
        return self._standing[1:]

    def _worth(
        self, formats: NetworkFormats, key: NodeKey, narrower: QFormat, stages: int
    ) -> float | None:
        """What a change saves for its harm, None if it is not worth that: by as many ``stages`` of
        the judge, of which the first ones tell what it is worth at most."""
        cost, harm = self._cost_and_harm(formats)
        changed = self.changed(formats, key, narrower)
        saved = cost - self.cost(changed)
        if saved <= 0:
            return None

        def accepted(harm_then: float) -> bool:
            added = harm_then - harm
            return harm + added <= 1 and saved >= _HARM_COST * added * cost

        harm_then = self.judge.harm_if(changed, accepted, stages=stages)
        return None if harm_then is None else saved / max(harm_then - harm, _LEAST_HARM)
