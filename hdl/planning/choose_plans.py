"""Choice of plans for layers that are no dense chain: for a pace, a latency or an area.

Stages of a decoder work side by side, so that frames follow each other as fast as the slowest of
them goes. For a given interval, each layer is thus chosen by itself: the cheapest that goes as
fast. A decoder that is to answer sooner, or may be larger, is one for a shorter interval.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.family import Family
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.area.plans import decoder_area, plan_area
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.datapath import forced_multipliers
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel, ModelNode

__all__ = ["Limits", "PlanChooser"]

_FINER = 8, 9
"""An interval that is tried and the next longer one are as these numbers."""

_MOST_TRIED = 4
"""Plans of a layer that are tried for one of less latency."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a decoder is chosen for; None for no limit.

    Parameters
    ----------
    interval_cycles
        Most cycles between frames.
    latency_cycles
        Most cycles until the last output of a frame: from the first value of its last time step on,
        where steps come evenly, a frame each ``interval_cycles``; without these, a frame comes at
        once, and its first value counts.
    max_lut
        Most LUTs, by estimate.
    max_blocks
        Most DSP blocks.
    """

    interval_cycles: int | None = None
    latency_cycles: int | None = None
    max_lut: int | None = None
    max_blocks: int | None = None

    @property
    def targeted(self) -> bool:
        """Whether there is one that hardware is chosen for, which blocks alone are not."""
        limits = (self.interval_cycles, self.latency_cycles, self.max_lut)
        return any(limit is not None for limit in limits)

    def latency(self, plan: DecoderPlan) -> float:
        """The latency of a decoder that is limited; infinite of one that takes frames too
        slowly."""
        if self.interval_cycles is None:
            return plan.latency_cycles
        if plan.frame_cycles > self.interval_cycles:
            return math.inf
        return plan.latency_at_pace(self.interval_cycles)


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
    ):
        self.model, self.family = model, family
        self.spare_blocks, self.reloadable = spare_blocks, reloadable
        options = {node.name: self._plans_of(node, foldings or {}) for node in model.nodes}
        multiplying = [name for name, plans in options.items() if plans[0].multiplying is not None]
        folded = [name for name in multiplying if options[name][0].folds]
        names = datapath or [None] * len(folded)
        forced = {name: kind for name, kind in zip(folded, names, strict=True) if kind is not None}
        self._free = [name for name in multiplying if name not in forced]
        self._options = {
            name: sorted(
                self._offered(name, plans, forced), key=lambda option: (option.cost, option.pace)
            )
            for name, plans in options.items()
        }

    def choose(self, limits: Limits) -> DecoderPlan:
        """The cheapest decoder within the limits; without an interval or a latency, the fastest.

        Raises
        ------
        InputError
            If there is none; the message tells the nearest.
        """
        intervals = self._intervals(limits.interval_cycles)
        if limits.latency_cycles is not None:
            return self._fast_enough(intervals, limits)
        if limits.interval_cycles is None and limits.max_lut is not None:
            return self._small_enough(intervals, limits)
        plan = self._kept_up(intervals[0], limits)
        self._check_area(self._area_of(plan), limits)
        return plan

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
        start = self._plans(self._intervals(limits.interval_cycles)[0], limits)
        latencies: dict[str, float] = {}

        def latency(plans: Mapping[str, LayerPlan]) -> float:
            # Ways to a decoder have most of their steps in common.
            key = repr({name: plan.choices for name, plan in plans.items()})
            if key not in latencies:
                latencies[key] = limits.latency(self._decoder(plans))
            return latencies[key]

        found, errors = [], []
        for stays in (None, *(name for name, _ in self._faster(start))):
            try:
                found.append(self._hastened(start, stays, limits, latency))
            except InputError as error:
                errors.append(error)
        if not found:
            raise errors[0]
        plans = min(found, key=lambda plans: self._price(self._area(plans)))
        return self._decoder(plans)

    def _hastened(
        self,
        plans: Mapping[str, LayerPlan],
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
                    tried = self._within_blocks(plans | {name: option.plan}, limits.max_blocks)
                    gain = latency - latency_of(tried)
                    if gain > 0:
                        cost = self._price(self._area(tried)) - self._price(self._area(plans))
                        steps.append((gain / max(cost, 1), len(steps), tried))
                        break
            if not steps:
                raise InputError(
                    f"{self.model.name}: expected a latency that faster layers can reach, which is "
                    f"{latency} cycles, got {most}"
                )
            _, _, plans = max(steps, key=lambda step: step[:2])
            latency = latency_of(plans)
        self._check_area(self._area(plans), limits)
        return plans

    def _faster(self, plans: Mapping[str, LayerPlan]) -> "Iterator[tuple[str, list[_Option]]]":
        """The cheapest options of each layer, a few, that are faster than its plan, by the step
        from one interval to the next."""
        less, more = _FINER
        for name, options in self._options.items():
            wanted = plans[name].pace * less // more
            faster = (option for option in options if option.pace <= wanted)
            if few := list(itertools.islice(faster, _MOST_TRIED)):
                yield name, few

    def every(self, max_blocks: int | None = None) -> Iterator[DecoderPlan]:
        """The cheapest decoder for each interval that is tried, the longest first, within a number
        of DSP blocks; plans that are those of a longer interval come once."""
        before = None
        for interval in self._intervals(None):
            plans = self._plans(interval, Limits(max_blocks=max_blocks))
            choices = {name: plan.choices for name, plan in plans.items()}
            if choices != before:
                yield self._decoder(plans)
            before = choices

    def cheaper(self, other: DecoderPlan, limits: Limits) -> DecoderPlan:
        """``other``, if it is within the limits and costs less than what is chosen otherwise.

        Raises
        ------
        InputError
            If neither is within the limits.
        """
        area = decoder_area(other, self.family)
        if not _within(area, limits):
            return self.choose(limits)
        price = self._price(area)
        try:
            # Layers that are each as fast cost no more than those that are so together.
            plans = self._plans(self._intervals(limits.interval_cycles)[0], limits)
            if price < self._price(self._area(plans)):
                return other
            chosen = self.choose(limits)
        except InputError:
            return other
        return other if price < self._price(decoder_area(chosen, self.family)) else chosen

    def _intervals(self, most: int | None) -> list[int]:
        """Intervals to try, falling, from ``most`` or from that of the smallest decoder."""
        slowest = max(options[0].pace for options in self._options.values())
        fastest = max(
            min(option.pace for option in options) for options in self._options.values()
        )
        if most is not None and most < fastest:
            slow = max(self._options, key=lambda name: min(o.pace for o in self._options[name]))
            raise InputError(
                f"{self.model.name}: expected an interval that its layers can reach, which is "
                f"{fastest} cycles or more for {slow}, got {most}"
            )
        intervals = [slowest if most is None else min(most, slowest)]
        while intervals[-1] > fastest:
            less, more = _FINER
            intervals.append(max(intervals[-1] * less // more, fastest))
        return intervals

    def _fast_enough(self, intervals: list[int], limits: Limits) -> DecoderPlan:
        most = limits.latency_cycles
        plans: dict[int, DecoderPlan] = {}

        def fast(interval: int) -> bool:
            plans[interval] = self._decoder(self._plans(interval, limits))
            return limits.latency(plans[interval]) <= most

        interval = _first(intervals, fast)
        if interval is None:
            fastest = self._kept_up(intervals[-1], limits)
            raise InputError(
                f"{self.model.name}: expected a latency that its layers can reach, which is "
                f"{limits.latency(fastest)} cycles or more, got {most}"
            )
        self._check_area(self._area_of(plans[interval]), limits)
        return plans[interval]

    def _small_enough(self, intervals: list[int], limits: Limits) -> DecoderPlan:
        def small(interval: int) -> bool:
            return _within(self._area(self._plans(interval, limits)), limits)

        interval = _first(intervals[::-1], small)
        if interval is None:
            self._check_area(self._area(self._plans(intervals[0], limits)), limits)
        return self._decoder(self._plans(interval, limits))

    def _kept_up(self, interval: int, limits: Limits) -> DecoderPlan:
        """The decoder for an interval, which it keeps to though stages hold each other up."""
        asked = limits.interval_cycles
        while True:
            plan = self._decoder(self._plans(interval, limits))
            if asked is None or plan.frame_cycles <= asked:
                return plan
            # A little is lost where stages wait for each other.
            faster = [other for other in self._intervals(asked)
                      if other <= interval * asked // plan.frame_cycles and other < interval]
            if not faster:
                raise InputError(
                    f"{self.model.name}: expected an interval that its layers together can reach, "
                    f"which is {plan.frame_cycles} cycles, got {asked}"
                )
            interval = faster[0]

    def _plans(self, interval: int, limits: Limits) -> dict[str, LayerPlan]:
        """The cheapest plan of each layer that goes as fast, within a number of DSP blocks."""
        plans = {
            name: next(option.plan for option in options if option.pace <= interval)
            for name, options in self._options.items()
        }
        return self._within_blocks(plans, limits.max_blocks)

    def _within_blocks(
        self, plans: dict[str, LayerPlan], most: int | None
    ) -> dict[str, LayerPlan]:
        """The same foldings within a number of DSP blocks, None for any: products that would take
        more are made in LUTs."""
        blocks = self._area(plans).dsp
        if most is None or blocks <= most:
            return plans
        layers = [plans[name].multiplying for name in self._free]
        taken = blocks - sum(layer.multipliers.blocks for layer in layers)
        units = choose_multipliers(
            layers, family=self.family, max_blocks=max(most - taken, 0),
            spare_blocks=self.spare_blocks,
        )
        return plans | {
            name: replace(plans[name], multipliers=chosen)
            for name, chosen in zip(self._free, units, strict=True)
        }

    def _plans_of(self, node: ModelNode, foldings: Mapping[str, Folding]) -> list[LayerPlan]:
        shapes = {item.name: item.shape for item in self.model.inputs}
        shapes |= {node.name: node.layer.output_shape for node in self.model.nodes}
        taken = [shapes[name] for name in node.inputs]
        kind = plan_type(node.layer)
        if node.name in foldings:
            return [kind.chosen(node.layer, taken, folding=foldings[node.name])]
        return list(kind.options(node.layer, taken))

    def _offered(
        self, name: str, plans: Sequence[LayerPlan], forced: Mapping[str, str]
    ) -> "list[_Option]":
        """Those of the plans that can be made as is asked for.

        Raises
        ------
        InputError
            If none can; that of the first one.
        """
        found, errors = [], []
        for plan in plans:
            try:
                found.append(self._option(name, plan, forced))
            except InputError as error:
                errors.append(error)
        if not found:
            raise errors[0]
        return found

    def _option(self, name: str, plan: LayerPlan, forced: Mapping[str, str]) -> "_Option":
        if self.reloadable:
            try:
                plan = plan.reloadable_too()
            except ValueError as error:
                raise InputError(f"{self.model.name}: {name}: {error}") from None
        layer = plan.multiplying
        if layer is not None:
            if name in forced:
                units = forced_multipliers(
                    layer, forced[name], family=self.family, place=name, network=self.model.name
                )
            else:
                (units,) = choose_multipliers(
                    [layer], family=self.family, spare_blocks=self.spare_blocks
                )
            plan = replace(plan, multipliers=units)
        area = plan_area(plan, self.family)
        # The layer behind it takes as many values at once as it must to go as fast itself.
        together = plan.output.shape[-1] if layer is None else layer.folding.outputs_per_cycle
        widest = plan.giving(min(together, plan.output.shape[-1]))
        return _Option(plan, min(plan.pace, widest.pace), self._price(area))

    def _price(self, area: Area) -> float:
        free = self.family.dsp_luts * area.dsp if self.spare_blocks else 0
        return self.family.cost(area) - free

    def _decoder(self, plans: Mapping[str, LayerPlan]) -> DecoderPlan:
        choices = {name: plan.choices for name, plan in plans.items()}
        return DecoderPlan.chosen(self.model, choices, reloadable=self.reloadable)

    def _area(self, plans: Mapping[str, LayerPlan]) -> Area:
        return sum((plan_area(plan, self.family) for plan in plans.values()), Area())

    def _area_of(self, plan: DecoderPlan) -> Area:
        return self._area(plan.layers)

    def _check_area(self, area: Area, limits: Limits) -> None:
        if _within(area, limits):
            return
        if limits.max_blocks is not None and area.dsp > limits.max_blocks:
            raise InputError(
                f"{self.model.name}: expected at most {limits.max_blocks} DSP blocks, got "
                f"{area.dsp} at the least with the datapaths asked for"
            )
        raise InputError(
            f"{self.model.name}: expected at most {limits.max_lut} LUTs, got "
            f"{math.ceil(area.lut)} (estimated)"
        )


@dataclass(frozen=True)
class _Option:
    """A plan of a layer, its pace in cycles a frame, and its price."""

    plan: LayerPlan
    pace: int
    cost: float


def _within(area: Area, limits: Limits) -> bool:
    pairs = ((area.lut, limits.max_lut), (area.dsp, limits.max_blocks))
    return all(limit is None or amount <= limit for amount, limit in pairs)


def _first(intervals: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    """The first interval that fits, of which all behind it do; None if none does."""
    if not fits(intervals[-1]):
        return None
    low, high = 0, len(intervals) - 1
    while low < high:
        middle = (low + high) // 2
        if fits(intervals[middle]):
            high = middle
        else:
            low = middle + 1
    return intervals[low]
