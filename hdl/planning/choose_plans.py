"""Choice of plans for layers that are no dense chain: for a pace, a latency or an area.

Stages of a decoder work side by side, so that frames follow each other about as fast as the slowest
of them goes. For each of many paces, from that of the smallest decoder to that of the fastest
layers, each layer is thus chosen by itself: the cheapest that goes as fast. How many values go from
one to the next at once shows when they are connected, so that layers that are faster may be a
slower decoder, which is left out. What stages lose where they wait for each other shows in the
whole decoder alone: by its latency, its interval and its area, one is chosen.
"""

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.area.plans import decoder_area, plan_area
from build_decoder.hdl.planning.connect import without_fifos
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import rank
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.layer_options import LayerOptions, Option
from build_decoder.hdl.planning.limits import INTERVAL, LATENCY, Limits, OutOfReach
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["PlanChooser"]

_FINER = 8, 9
"""An interval that is tried and the next longer one are as these numbers."""

_ABOUT = 2
"""Decoders are about as fast as the fastest if frames are at most so many times as far apart."""

_MOST_TRIED = 4
"""Plans of a layer that are tried for one of less latency."""


class PlanChooser:
    """Chooses plans for the layers of a model.

    Parameters
    ----------
    model
        Of any layers that there is hardware for.
    family
        FPGA family whose areas are estimated, and whose multipliers are chosen among.
    foldings
        Of layers that are not to be chosen, by the names of their nodes.
    spare_blocks
        Whether DSP blocks cost nothing: see :func:`hdl.planning.choose_multipliers`.
    datapath
        What makes the products of each layer that is folded, None where it is to be chosen; None if
        it is in all of them.
    reloadable
        Whether weights are written at run time.
    options
        Plans of layers, by the names of their nodes, in place of all that their types have.
    """

    def __init__(
        self,
        model: IntegerModel,
        *,
        family: Family,
        foldings: Mapping[str, Folding] | None = None,
        spare_blocks: bool = False,
        datapath: Sequence[str | None] | None = None,
        reloadable: bool = False,
        options: Mapping[str, Sequence[LayerPlan]] | None = None,
    ):
        self.model, self.family, self.reloadable = model, family, reloadable
        self._options_of = partial(
            LayerOptions, model, family=family, foldings=foldings or {}, datapath=datapath,
            reloadable=reloadable, options=options or {},
        )
        self._layers = self._options_of(spare_blocks=spare_blocks)

    @cached_property
    def _other_way(self) -> LayerOptions:
        """Options by the other price of DSP blocks: nothing where they cost something, and what
        they cost where they are given away, since there may be too few of them."""
        return self._options_of(spare_blocks=not self._layers.spare_blocks)

    def choose(self, limits: Limits) -> DecoderPlan:
        """The cheapest decoder within the limits; the fastest, if only areas are limited, LUTs
        among them.

        Raises
        ------
        InputError
            If there is none; the message tells the nearest.
        """
        every = list(map(self._candidate, self._each(limits)))
        both = self._layers.spare_blocks or limits.max_lut is not None
        found = None if both else self._best_of(every, limits)
        if found is None:
            # Fewer LUTs may want more blocks, and fewer blocks others than cost least.
            more = [*every, *map(self._candidate, self._each(limits, self._other_way))]
            found = self._best_of(more, limits)
            if found is None:
                raise self._refusal(_front(more), limits)
        return found

    def _best_of(self, candidates: Sequence["_Candidate"], limits: Limits) -> DecoderPlan | None:
        small = [candidate for candidate in candidates if limits.hold(candidate.area)]
        if not limits.timed:
            return self._soonest(small, limits)
        if None in (limits.interval_cycles, limits.latency_cycles):
            return self._cheapest(_front(small), limits)
        return self._quick(_front(small), limits)

    def fastest(self) -> DecoderPlan:
        """The decoder of the shortest interval, and of these the one that answers soonest."""
        candidates = _front(map(self._candidate, self._each(Limits())))
        shortest = min(candidate.interval for candidate in candidates)
        plans = [candidate.plan for candidate in candidates if candidate.interval == shortest]
        return min(plans, key=lambda plan: (plan.frame_cycles, plan.latency_cycles))

    def hastened(self, limits: Limits) -> DecoderPlan:
        """A decoder within the limits, a latency among them: the cheapest for its interval, of
        which single layers are made faster, again and again the one that gives most for its price.

        What gives much may give too much, or leave too little to the others. So each layer once
        stays as it is, and the cheapest of these decoders is taken.

        Raises
        ------
        InputError
            If that leads to none.
        """
        start = self._slowest(limits)
        latencies: dict[str, float] = {}

        def latency(plans: Mapping[str, LayerPlan]) -> float:
            # Ways to a decoder have most of their steps in common.
            key = repr({name: plan.choices for name, plan in plans.items()})
            if key not in latencies:
                latencies[key] = limits.latency(self.decoder(plans))
            return latencies[key]

        found, errors = [], []
        for stays in (None, *(name for name, _ in self._faster(start))):
            try:
                found.append(self._hastened(start, stays, limits, latency))
            except InputError as error:
                errors.append(error)
        if not found:
            raise errors[0]
        plans = min(found, key=self._price)
        return self.decoder(plans)

    def _hastened(
        self,
        plans: dict[str, LayerPlan],
        stays: str | None,
        limits: Limits,
        latency_of: Callable[[Mapping[str, LayerPlan]], float],
    ) -> Mapping[str, LayerPlan]:
        """Faster plans than these within the limits; the layer ``stays`` keeps its own."""
        latency, most = latency_of(plans), limits.latency_cycles
        while latency > most:
            steps = []
            for name, options in self._faster(plans):
                # A plan of a shorter interval may have a longer latency.
                for option in options if name != stays else ():
                    tried = self._layers.within_blocks(
                        plans | {name: option.plan}, limits.max_blocks
                    )
                    gain = latency - latency_of(tried)
                    if gain > 0:
                        cost = self._price(tried) - self._price(plans)
                        steps.append((gain / max(cost, 1), len(steps), tried))
                        break
            if not steps:
                raise OutOfReach(self.model.name, LATENCY, latency, most)
            _, _, plans = max(steps, key=lambda step: step[:2])
            latency = latency_of(plans)
        limits.check(self._layers.area(plans), self.model.name)
        return plans

    def _faster(self, plans: Mapping[str, LayerPlan]) -> Iterator[tuple[str, list[Option]]]:
        """The cheapest options of each layer, a few, that are faster than its plan, by the step
        from one interval to the next."""
        less, more = _FINER
        for name, options in self._layers.of.items():
            wanted = plans[name].pace * less // more
            faster = (option for option in options if option.pace <= wanted)
            if few := list(itertools.islice(faster, _MOST_TRIED)):
                yield name, few

    def every(self, max_blocks: int | None = None) -> Iterator[DecoderPlan]:
        """The decoders for each pace that is tried, the longest first, within a number of DSP
        blocks; plans that are those of a longer one come once."""
        return map(self.decoder, self._each(Limits(max_blocks=max_blocks)))

    def better(self, other: DecoderPlan, limits: Limits) -> DecoderPlan:
        """``other``, if it is within the limits and costs less than what is chosen otherwise; where
        only areas are limited, if it is faster.

        Raises
        ------
        InputError
            If neither is within the limits.
        """
        area = decoder_area(other, self.family)
        if not limits.hold(area):
            return self.choose(limits)
        if limits.timed:
            # Layers that are each as fast cost no more than those that are so together.
            plans = self._slowest(limits)
            if self._layers.price(area) < self._price(plans):
                return other
        try:
            chosen = self.choose(limits)
        except InputError:
            return other
        spare = self._layers.spare_blocks
        return min(
            other, chosen,
            key=lambda plan: rank(plan, limits, self.family, spare_blocks=spare),
        )  # fmt: skip

    def _paces(self, limits: Limits, layers: LayerOptions) -> list[int]:
        """Paces to try, falling, from that of the smallest decoder to that of the fastest layers;
        an interval that is asked for among them."""
        slowest = max(options[0].pace for options in layers.of.values())
        fastest = max(min(option.pace for option in options) for options in layers.of.values())
        paces = [slowest]
        while paces[-1] > fastest:
            less, more = _FINER
            paces.append(max(paces[-1] * less // more, fastest))
        asked = limits.interval_cycles
        if asked is not None and fastest < asked < slowest:
            paces = sorted({*paces, asked}, reverse=True)
        return paces

    def _each(
        self, limits: Limits, layers: LayerOptions | None = None
    ) -> Iterator[dict[str, LayerPlan]]:
        """Plans of all layers for each pace that is tried, by rising price; those of a longer pace
        come once."""
        before, layers = None, layers or self._layers
        for pace in self._paces(limits, layers):
            plans = _plans(layers, pace, limits.max_blocks)
            choices = {name: plan.choices for name, plan in plans.items()}
            if choices != before:
                yield plans
            before = choices

    def _slowest(self, limits: Limits) -> dict[str, LayerPlan]:
        """The first of :meth:`_each` that are as fast as the interval asks for; the fastest if none
        is."""
        asked, layers = limits.interval_cycles, self._layers
        pace = self._paces(limits, layers)[0] if asked is None else asked
        return _plans(layers, pace, limits.max_blocks)

    def _candidate(self, plans: Mapping[str, LayerPlan]) -> "_Candidate":
        stages = without_fifos(self.model, plans)
        area = sum((plan_area(stage.plan, self.family) for stage in stages), Area())
        interval = max(stage.plan.times.pace for stage in stages)
        joins = any(len(stage.inputs) > 1 for stage in stages)
        return _Candidate(self, plans, interval, area, self._layers.price(area), joins)

    def _soonest(self, candidates: Sequence["_Candidate"], limits: Limits) -> DecoderPlan | None:
        """The one of least latency within the area, so that more LUTs never make a slower one; the
        cheapest, if LUTs are not limited."""
        found, least = None, math.inf
        if limits.max_lut is None:
            candidates = _front(candidates)[:1]
        for candidate in sorted(candidates, key=lambda each: (each.interval, each.price)):
            # A frame takes as long as the slowest stage is at it, or longer.
            if candidate.interval >= least:
                break
            plan = candidate.plan
            if plan.latency_cycles < least and limits.hold(decoder_area(plan, self.family)):
                found, least = plan, plan.latency_cycles
        return found

    def _cheapest(self, candidates: Sequence["_Candidate"], limits: Limits) -> DecoderPlan | None:
        """The first that keeps to an interval or a latency, neither of which can be less than the
        interval of its slowest stage."""
        most = limits.latency_cycles if limits.interval_cycles is None else limits.interval_cycles
        kept = (candidate.plan for candidate in candidates if candidate.interval <= most)
        return next((plan for plan in kept if self._within(plan, limits)), None)

    def _quick(self, candidates: Sequence["_Candidate"], limits: Limits) -> DecoderPlan | None:
        """The first that keeps to an interval and to a latency from the last time step on; where
        branches come together, as if that were never longer of a shorter interval."""
        most = limits.interval_cycles
        kept = [candidate for candidate in candidates if candidate.interval <= most]
        if not any(candidate.joins for candidate in kept):
            return next((each.plan for each in kept if self._within(each.plan, limits)), None)
        # How deep FIFOs are takes time to know, so that few are looked at.
        place = bisect_left(kept, True, key=lambda candidate: limits.in_time(candidate.plan))
        others = _fast(kept) if limits.max_lut is None else kept[:place]
        tried = (candidate.plan for candidate in (*kept[:1], *kept[place:], *others))
        return next((plan for plan in tried if self._within(plan, limits)), None)

    def _within(self, plan: DecoderPlan, limits: Limits) -> bool:
        return limits.in_time(plan) and limits.hold(decoder_area(plan, self.family))

    def _refusal(self, candidates: Sequence["_Candidate"], limits: Limits) -> InputError:
        """That no decoder is within the limits, and how near to them the nearest is."""
        name, interval, latency = self.model.name, limits.interval_cycles, limits.latency_cycles
        if limits.timed:
            fast = [candidate.plan for candidate in _fast(candidates)]
            fastest = min(fast, key=lambda plan: plan.frame_cycles)
            frame, beside = fastest.frame_cycles, ""
            if interval is not None and latency is not None:
                # Either may be what cannot be had, and which one is found first means nothing.
                beside = (
                    f"; asked for are a latency of at most {latency} and an interval of at most "
                    f"{interval} together, and its fastest layers have a latency of "
                    f"{fastest.latency_at_pace(frame)} and an interval of {frame}"
                )
            if interval is not None and frame > interval:
                paces = {
                    layer: min(option.pace for option in options)
                    for layer, options in self._layers.of.items()
                }
                slow = max(paces, key=paces.get)
                alone = paces[slow] == frame
                return OutOfReach(
                    name, INTERVAL, frame, interval,
                    of=slow if alone else "", together=not alone, beside=beside,
                )
            if latency is not None:
                least = min(map(limits.latency, fast))
                if least > latency:
                    return OutOfReach(name, LATENCY, least, latency, beside=beside)
        most = math.inf if limits.max_blocks is None else limits.max_blocks
        smallest = sorted(
            candidates, key=lambda candidate: (candidate.area.dsp > most, candidate.area.lut)
        )
        plan = next(
            candidate.plan for candidate in smallest
            if not limits.timed or limits.in_time(candidate.plan)
        )
        return limits.too_large(decoder_area(plan, self.family), name)

    def decoder(self, plans: Mapping[str, LayerPlan]) -> DecoderPlan:
        """That of the plans of all layers."""
        choices = {name: plan.choices for name, plan in plans.items()}
        return DecoderPlan.chosen(self.model, choices, reloadable=self.reloadable)

    def _price(self, plans: Mapping[str, LayerPlan]) -> float:
        return self._layers.price(self._layers.area(plans))


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A decoder that may be chosen.

    Parameters
    ----------
    chooser
        Which makes it.
    plans
        Of its layers.
    interval
        Cycles that its slowest stage takes for a frame, or more.
    area, price
        Of all stages but FIFOs.
    joins
        Whether branches come together, so that there may be FIFOs.
    """

    chooser: PlanChooser
    plans: Mapping[str, LayerPlan]
    interval: int
    area: Area
    price: float
    joins: bool

    @cached_property
    def plan(self) -> DecoderPlan:
        """All that is planned of it, which takes time where branches come together."""
        return self.chooser.decoder(self.plans)


def _plans(layers: LayerOptions, pace: int, max_blocks: int | None) -> dict[str, LayerPlan]:
    """The cheapest plan of each layer that goes as fast, or its fastest if none does, within a
    number of DSP blocks."""
    plans = {}
    for name, options in layers.of.items():
        least = max(pace, min(option.pace for option in options))
        plans[name] = next(option.plan for option in options if option.pace <= least)
    return layers.within_blocks(plans, max_blocks)


def _front(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Those that are worth a look, by rising price: not slower than a cheaper one."""
    found, shortest = [], math.inf
    for candidate in sorted(candidates, key=lambda each: (each.price, each.interval)):
        if candidate.interval <= shortest:
            found.append(candidate)
            shortest = candidate.interval
    return found


def _fast(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Those that are about as fast as any, by falling interval."""
    shortest = min((candidate.interval for candidate in candidates), default=0)
    return [
        candidate for candidate in candidates if candidate.interval <= _ABOUT * shortest
    ]
