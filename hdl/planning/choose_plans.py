"""Choice of plans for layers that are no dense chain: for a pace, a latency or an area.

Stages of a decoder work side by side, so that frames follow each other as fast as the slowest of
them goes. For a given interval, each layer is thus chosen by itself: the cheapest that goes as
fast. A decoder that is to answer sooner, or may be larger, is one for a shorter interval.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.layer_options import LayerOptions, Option
from build_decoder.hdl.planning.limits import Limits, OutOfReach
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["PlanChooser"]

_FINER = 8, 9
"""An interval that is tried and the next longer one are as these numbers."""

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
        self._layers = LayerOptions(
            model, family=family, foldings=foldings or {}, spare_blocks=spare_blocks,
            datapath=datapath, reloadable=reloadable, options=options or {},
        )

    def choose(self, limits: Limits) -> DecoderPlan:
        """The cheapest decoder within the limits; without an interval or a latency, the fastest.

        Raises
        ------
        InputError
            If there is none; the message tells the nearest.
        """
        if limits.latency_cycles is not None:
            return self._fast_enough(limits)
        intervals = self._intervals(limits.interval_cycles)
        if limits.interval_cycles is None and limits.max_lut is not None:
            return self._small_enough(intervals, limits)
        plan = self._kept_up(intervals[0], limits)
        self._check_area(plan.layers, limits)
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
        plans = min(found, key=self._price)
        return self._decoder(plans)

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
                raise OutOfReach(self.model.name, "a latency", latency, most)
            _, _, plans = max(steps, key=lambda step: step[:2])
            latency = latency_of(plans)
        self._check_area(plans, limits)
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
        if not limits.hold(area):
            return self.choose(limits)
        price = self._layers.price(area)
        try:
            # Layers that are each as fast cost no more than those that are so together.
            plans = self._plans(self._intervals(limits.interval_cycles)[0], limits)
            if price < self._price(plans):
                return other
            chosen = self.choose(limits)
        except InputError:
            return other
        return other if price < self._layers.price(decoder_area(chosen, self.family)) else chosen

    def _intervals(self, most: int | None) -> list[int]:
        """Intervals to try, falling, from ``most`` or from that of the smallest decoder."""
        slowest = max(options[0].pace for options in self._layers.of.values())
        fastest = max(
            min(option.pace for option in options) for options in self._layers.of.values()
        )
        if most is not None and most < fastest:
            slow = max(self._layers.of, key=lambda name: min(o.pace for o in self._layers.of[name]))
            raise OutOfReach(self.model.name, "an interval", fastest, most, of=slow)
        intervals = [slowest if most is None else min(most, slowest)]
        while intervals[-1] > fastest:
            less, more = _FINER
            intervals.append(max(intervals[-1] * less // more, fastest))
        return intervals

    def _fast_enough(self, limits: Limits) -> DecoderPlan:
        """The cheapest decoder for a latency, and for an interval if there is one too."""
        try:
            return self._in_time(self._intervals(limits.interval_cycles), limits)
        except OutOfReach as error:
            if limits.interval_cycles is None:
                raise
            # Either may be what cannot be had, and which one is found first means nothing.
            fastest = self._decoder(
                self._plans(self._intervals(None)[-1], Limits(max_blocks=limits.max_blocks))
            )
            frame = fastest.frame_cycles
            raise error.beside(
                f"; asked for are a latency of at most {limits.latency_cycles} and an interval of "
                f"at most {limits.interval_cycles} together, and its fastest layers have a latency "
                f"of {fastest.latency_at_pace(frame)} and an interval of {frame}"
            ) from None

    def _in_time(self, intervals: list[int], limits: Limits) -> DecoderPlan:
        most = limits.latency_cycles
        plans: dict[int, DecoderPlan] = {}

        def fast(interval: int) -> bool:
            plans[interval] = self._decoder(self._plans(interval, limits))
            return limits.latency(plans[interval]) <= most

        interval = _first(intervals, fast)
        if interval is None:
            fastest = self._kept_up(intervals[-1], limits)
            least = limits.latency(fastest)
            raise OutOfReach(self.model.name, "a latency", least, most)
        self._check_area(plans[interval].layers, limits)
        return plans[interval]

    def _small_enough(self, intervals: list[int], limits: Limits) -> DecoderPlan:
        def small(interval: int) -> bool:
            return limits.hold(self._layers.area(self._plans(interval, limits)))

        interval = _first(intervals[::-1], small)
        if interval is None:
            self._check_area(self._plans(intervals[0], limits), limits)
        return self._decoder(self._plans(interval, limits))

    def _kept_up(self, interval: int, limits: Limits) -> DecoderPlan:
        """The decoder for an interval, which it keeps to though stages hold each other up."""
        asked, least = limits.interval_cycles, None
        while interval:
            plan = self._decoder(self._plans(interval, limits))
            if asked is None or plan.frame_cycles <= asked:
                return plan
            least = min(plan.frame_cycles, least or plan.frame_cycles)
            # A little is lost where stages wait for each other. Where one cannot be faster, others
            # can.
            wanted = min(interval * asked // plan.frame_cycles, interval - 1)
            faster = [other for other in self._intervals(asked) if other <= wanted]
            interval = faster[0] if faster else interval // 2
        raise OutOfReach(self.model.name, "an interval", least, asked, together=True)

    def _plans(self, interval: int, limits: Limits) -> dict[str, LayerPlan]:
        """The cheapest plan of each layer that goes as fast, or its fastest if none does, within a
        number of DSP blocks."""
        plans = {}
        for name, options in self._layers.of.items():
            pace = max(interval, min(option.pace for option in options))
            plans[name] = next(option.plan for option in options if option.pace <= pace)
        return self._layers.within_blocks(plans, limits.max_blocks)

    def _decoder(self, plans: Mapping[str, LayerPlan]) -> DecoderPlan:
        choices = {name: plan.choices for name, plan in plans.items()}
        return DecoderPlan.chosen(self.model, choices, reloadable=self.reloadable)

    def _price(self, plans: Mapping[str, LayerPlan]) -> float:
        return self._layers.price(self._layers.area(plans))

    def _check_area(self, plans: Mapping[str, LayerPlan], limits: Limits) -> None:
        limits.check(self._layers.area(plans), self.model.name)


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
