"""The step ``exchanged``: a bit more at one node for fewer at others."""

import itertools
from collections.abc import Callable, Iterator

from build_decoder.quant.format_moves import wider_formats
from build_decoder.quant.formats import NetworkFormats, NodeKey
from build_decoder.quant.width_search import BIT_COST, WidthSearch

__all__ = ["Exchange"]

_MOST_SWAPPED = 32
"""Signal nodes up to which pairs of them are tried, whose number grows with the square: a chain of
six dense layers has 31."""

_EVALUATIONS = 60
"""Evaluations a signal node after which no more exchanges are tried in networks of more nodes than
that: of the many that there are, few save much."""

_WORTHWHILE = 0.03
"""Part of the cost that several nodes made wider for a narrower one have to save."""


class Exchange:
    """Exchanges of bits between nodes, by the cost and the judge of a search.

    Parameters
    ----------
    search
        Search of the same network.
    """

    def __init__(self, search: WidthSearch):
        self._search = search
        nodes = len(search.perfect)
        self._small = nodes <= _MOST_SWAPPED
        self._last_evaluation = search.judge.evaluations + _EVALUATIONS * nodes

    @property
    def _may_go_on(self) -> bool:
        return self._small or self._search.judge.evaluations < self._last_evaluation

    def exchanged(self, formats: NetworkFormats) -> NetworkFormats:
        """A bit more at one node for fewer at others, while that saves cost."""
        self._search.step = "exchanged"
        formats, _ = self._repeated(self.traded, self._search.narrowed(formats))
        # What trades find is large, and rare: they are tried again when no swap is left.
        for exchange in itertools.cycle((self.swapped, self.traded)):
            formats, found = self._repeated(exchange, formats)
            if not found:
                break
        return formats

    def _repeated(
        self, better: Callable[[NetworkFormats], NetworkFormats | None], formats: NetworkFormats
    ) -> tuple[NetworkFormats, bool]:
        """``formats`` made ``better`` as long as that is found, and whether it was."""
        found = False
        while (cheaper := better(formats)) is not None:
            formats, found = self._search.narrowed(cheaper), True
        return formats, found

    def traded(self, formats: NetworkFormats) -> NetworkFormats | None:
        """Cheaper formats with a node narrower than the others allow, which are wider for it."""
        limit = (1 - _WORTHWHILE) * self._search.cost(formats)
        trades = []
        for key, format in self._search.each(formats):
            for narrower in self._search.narrower(key, format):
                changed = self._search.changed(formats, key, narrower)
                if (cost := self._search.cost(changed)) < limit:
                    trades.append((cost, key, narrower))
        for _, key, narrower in sorted(trades, key=lambda entry: entry[0]):
            if not self._may_go_on:
                return None
            changed = self._search.changed(formats, key, narrower)
            if (better := self.made_up(changed, key, limit)) is not None:
                return better
        return None

    def made_up(
        self, formats: NetworkFormats, kept: NodeKey, limit: float
    ) -> NetworkFormats | None:
        """``formats`` with nodes but ``kept`` wider, until they keep the criterion.

        Those first where a unit of cost takes most harm away: of large networks, that which the
        samples nearest to a boundary show. None if it costs ``limit``.
        """
        judge = self._search.judge
        while not self._search.holds(formats):
            if not self._may_go_on:
                return None
            cost = self._search.cost(formats)
            harm = judge.harm_if(formats, lambda _: True, stages=judge.first_stages)
            best, most = None, 0.0
            for key, format in self._search.each(formats):
                for wider in wider_formats(format) if key != kept else ():
                    changed = self._search.changed(formats, key, wider)
                    added = self._search.cost(changed) - cost
                    unit = max(added, BIT_COST)
                    more_than = most * unit
                    # No more than all harm can be taken.
                    if cost + added >= limit or more_than >= harm:
                        continue
                    taken = self._taken(harm, changed, more_than)
                    if taken is not None:
                        best, most = changed, taken / unit
            if best is None:
                return None
            formats = best
        return formats

    def _taken(
        self, harm: float, changed: NetworkFormats, more_than: float
    ) -> float | None:
        """What ``changed`` formats take from ``harm``; None if it is not ``more_than`` that."""
        judge = self._search.judge

        def accepted(harm_then: float) -> bool:
            return harm - harm_then > more_than

        harm_then = judge.harm_if(changed, accepted, stages=judge.first_stages)
        return None if harm_then is None else harm - harm_then

    def swapped(self, formats: NetworkFormats) -> NetworkFormats | None:
        """Cheaper formats with one node a bit wider and another narrower; None of many nodes."""
        if not self._small:
            return None
        cost = self._search.cost(formats)
        for wider in self.wider(formats):
            if (better := self.cheaper(wider, cost)) is not None:
                return better
        return None

    def wider(self, formats: NetworkFormats) -> Iterator[NetworkFormats]:
        """``formats`` with one node a bit wider, those first that harm least."""
        tried = []
        for key, format in self._search.each(formats):
            for changed in wider_formats(format):
                if changed.fraction <= self._search.perfect[key].fraction and (
                    changed.integer <= self._search.perfect[key].integer
                ):
                    candidate = self._search.changed(formats, key, changed)
                    tried.append((self._search.judge.harm(candidate), key, changed))
        for _, key, changed in sorted(tried, key=lambda entry: entry[0]):
            yield self._search.changed(formats, key, changed)

    def cheaper(self, formats: NetworkFormats, cost: float) -> NetworkFormats | None:
        """``formats`` with one node narrower, if that costs less than ``cost`` and holds."""
        candidates = []
        for key, format in self._search.each(formats):
            for narrower in self._search.narrower(key, format):
                changed = self._search.changed(formats, key, narrower)
                if (now := self._search.cost(changed)) < cost - 1e-9:
                    candidates.append((now, key, narrower))
        for _, key, narrower in sorted(candidates, key=lambda entry: entry[0]):
            changed = self._search.changed(formats, key, narrower)
            if self._search.holds(changed):
                return changed
        return None
