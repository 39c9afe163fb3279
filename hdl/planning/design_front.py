"""The front of latency against area: of all foldings, those that no other is better than.

A layer starts on its last input, whenever the others came, so that the latency of a decoder is a
sum over its layers, as its estimated area is. What ties layers together is the width of the
transfers between them, and the longest frame interval: a layer that would be slower without
capturing its sums captures them. For a given interval the front of all layers is thus made layer
by layer, from the last to the first, and only what is on the front of the layers behind is kept.
That loses nothing: the front is exact over the foldings and multipliers that are considered.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property

import numpy as np

from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.area import Area, BiasCounts, area_of
from build_decoder.hdl.planning.area.plans import decoder_area, plan_area, shape_of_plan
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.datapath import forced_multipliers
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import lanes_between, steps
from build_decoder.hdl.planning.limits import Limits
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["DesignPoint", "design_front", "price"]

_LATENCY, _COST, _LUT, _DSP = range(4)
_QUANTITIES = 4


@dataclass(frozen=True)
class DesignPoint:
    """A decoder on the front.

    Parameters
    ----------
    plan
        The decoder.
    area
        Estimate without a board's shell.
    family
        FPGA family that it is for.
    interval
        Cycles between frames whose time steps come evenly; None where frames come at once.
    """

    plan: DecoderPlan
    area: Area
    family: Family
    interval: int | None = None

    @cached_property
    def latency_cycles(self) -> int:
        """Cycles until the last output: from the first value of the last time step on, or of the
        frame where frames come at once."""
        if self.interval is None:
            return self.plan.latency_cycles
        return self.plan.latency_at_pace(self.interval)

    @property
    def cost(self) -> float:
        """Cost of the area."""
        return self.family.cost(self.area)

    @classmethod
    def of(
        cls, plan: DecoderPlan, family: Family, interval: int | None = None
    ) -> "DesignPoint":
        """The point of a given design."""
        return cls(plan, decoder_area(plan, family), family, interval)


def design_front(
    model: IntegerModel,
    *,
    family: Family,
    max_latency: int | None = None,
    max_lut: int | None = None,
    max_blocks: int | None = None,
    spare_blocks: bool = False,
    datapath: Sequence[str | None] | None = None,
    least: str = "cost",
    most: float | None = None,
) -> list[DesignPoint]:
    """Decoders of ``model``, by rising latency and falling ``least``.

    Parameters
    ----------
    family
        FPGA family that the decoder is for.
    max_latency, max_lut, max_blocks
        Limits: cycles, estimated LUTs and DSP blocks. Under those of area, layers with fewer or
        more blocks than cost least are considered too.
    spare_blocks
        Blocks cost nothing; see :func:`~hdl.planning.choose_multipliers.choose_multipliers`.
    datapath
        Datapath of each layer, None where it is chosen; see :mod:`hdl.planning.datapath`.
    least
        What to have little of: ``cost``, that of the family, ``lut`` or ``dsp``.
    most
        Of that, to leave out what is not of interest.

    Raises
    ------
    InputError
        If a layer fits its datapath in no folding.
    """
    limits = np.full(_QUANTITIES, np.inf)
    for quantity, limit in ((_LATENCY, max_latency), (_LUT, max_lut), (_DSP, max_blocks)):
        limits[quantity] = np.inf if limit is None else limit
    objective = {"cost": _COST, "lut": _LUT, "dsp": _DSP}[least]
    if most is not None:
        limits[objective] = min(limits[objective], most)
    held = [q for q, limit in ((_LUT, max_lut), (_DSP, max_blocks)) if limit is not None]
    # Of what is neither made little nor limited, any amount is as good.
    compared = list(dict.fromkeys([_LATENCY, objective, *held]))
    names = datapath or [None] * len(model.layers)
    budgets = _budgets(max_blocks)
    if max_lut is not None or least == "lut":
        budgets.append((None, True))
    if least == "dsp":
        budgets.append((0, False))
    items = [
        _Items(model, n, name, family, spare_blocks, budgets, max_latency)
        for n, name in enumerate(names)
    ]
    if not all(item.options for item in items):
        # A layer alone takes longer than all may.
        return []
    found = _Search(items, compared, limits).front([_LATENCY, objective])
    plans = (
        DecoderPlan.of(
            model, *zip(*(items[n].options[option] for n, option in enumerate(row)), strict=True)
        )
        for row in found
    )
    return [DesignPoint.of(plan, family) for plan in plans]


def _budgets(max_blocks: int | None) -> list[tuple[int, bool]]:
    """Blocks that a layer may have to do with, and whether they cost nothing."""
    if max_blocks is None:
        return []
    return [(blocks, True) for blocks in (0, max_blocks // 4, max_blocks // 2, max_blocks)]


def price(area: Area, family: Family, *, spare_blocks: bool) -> float:
    """Cost of an area, for a user who gives DSP blocks away or not."""
    return family.cost(area) - (family.dsp_luts * area.dsp if spare_blocks else 0)


def rank(
    plan: DecoderPlan, limits: Limits, family: Family, *, spare_blocks: bool
) -> tuple[float, float]:
    """What is less of a better decoder within ``limits``: its cost, and then its latency; where
    only areas are limited, its latency, and then its cost."""
    cost = price(decoder_area(plan, family), family, spare_blocks=spare_blocks)
    return (cost, plan.latency_cycles) if limits.timed else (plan.latency_cycles, cost)


class _Items:
    """All that layer ``number``, counted from 0, may be: one row for each, with its widths.

    Attributes
    ----------
    options : list of (Folding, Multipliers)
        What ``option`` counts.
    option, into, wide
        Of each row: its option, and the inputs a cycle of this layer and the next, as places in
        the lists of those that are considered.
    captured, waiting
        Frame interval with captured sums and without.
    values : array (2, rows, quantities)
        Of a row that waits and of one that captures.
    """

    def __init__(
        self,
        model: IntegerModel,
        number: int,
        datapath: str | None,
        family: Family,
        spare_blocks: bool,
        budgets: list[tuple[int | None, bool]],
        max_latency: int | None,
    ):
        self.model, self.number = model, number
        self.layer = model.layers[number]
        self.family, self.datapath = family, datapath
        self.spare_blocks = spare_blocks
        self.budgets = [(None, spare_blocks), *budgets]
        self._biases = cache(lambda lanes: BiasCounts.of(self.layer.stored_biases, lanes).columns)
        self.into_steps = steps(self.layer.input_count)
        last = number == len(model.layers) - 1
        self.wide_steps = [1] if last else steps(model.layers[number + 1].input_count)
        self._packers = [
            plan_area(PackerPlan(Tensor((self.layer.units,), self.layer.output, 1), wide), family)
            for wide in self.wide_steps
        ]
        self.max_latency = math.inf if max_latency is None else max_latency
        self.options, rows, values = [], [], []
        misfit = None
        for plan in DensePlan.options(self.layer, ((self.layer.input_count,),)):
            try:
                self._add(plan, rows, values)
            except InputError as error:
                misfit = error
        if misfit is not None and not rows:
            raise misfit
        columns = np.array(rows, dtype=np.int64).reshape(-1, 5).T
        self.option, self.into, self.wide, self.captured, self.waiting = columns
        self.values = np.array(values).reshape(-1, 2, _QUANTITIES).transpose(1, 0, 2)

    def _add(self, plan: DensePlan, rows: list, values: list) -> None:
        folding = plan.folding
        lanes_of = [lanes_between(self.layer.units, folding, wide) for wide in self.wide_steps]
        times = {lanes: self._times(replace(plan, lanes=lanes)) for lanes in set(lanes_of)}
        if min(min(latencies) for _, latencies in times.values()) > self.max_latency:
            # Counting what decides an area takes most of the time.
            return
        choices = self._multipliers(plan)
        shape = shape_of_plan(plan, self.family)
        into = self.into_steps.index(folding.inputs_per_cycle)
        for option, multipliers in enumerate(choices, start=len(self.options)):
            units = asdict(multipliers)
            areas = {
                lanes: area_of(
                    replace(shape, lanes=lanes, bias_columns=self._biases(lanes), **units),
                    self.family,
                )
                for lanes in times
            }
            for wide, lanes in enumerate(lanes_of):
                area, (frames, latencies) = areas[lanes], times[lanes]
                if lanes != self.wide_steps[wide]:
                    area += self._packers[wide]
                    latencies = tuple(latency + 1 for latency in latencies)
                rows.append((option, into, wide, *frames))
                cost = price(area, self.family, spare_blocks=self.spare_blocks)
                values.append([(latency, cost, area.lut, area.dsp) for latency in latencies])
        self.options += [(folding, multipliers) for multipliers in choices]

    def _multipliers(self, plan: DensePlan) -> list[Multipliers]:
        if self.datapath is not None:
            return [
                forced_multipliers(
                    plan, self.datapath, family=self.family,
                    place=f"dense layer {self.number + 1}", network=self.model.name,
                )
            ]
        chosen = (
            choose_multipliers(
                [plan], family=self.family, max_blocks=blocks, spare_blocks=spare
            )[0]
            for blocks, spare in self.budgets
        )
        return list(dict.fromkeys(chosen))

    def _times(self, plan: DensePlan) -> tuple[tuple[int, int], tuple[int, int]]:
        """Frame interval, captured and waiting, and cycles to the last output, the reverse."""
        captured, waiting = plan.times, replace(plan, double_buffered=False).times
        # The first layer's inputs come one transfer a cycle; others count from their last one on.
        before = plan.beats - 1 if self.number else 0
        latencies = (waiting.latency - before, captured.latency - before)
        return (captured.interval, waiting.interval), latencies


@dataclass(frozen=True)
class _Rows:
    """Choices for the last layers, sorted by the inputs a cycle that they take."""

    values: np.ndarray
    options: np.ndarray
    into: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence["_Rows"]) -> "_Rows":
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.options for part in parts]),
            np.concatenate([part.into for part in parts]),
        )

    def taken(self, which: np.ndarray) -> "_Rows":
        return _Rows(self.values[which], self.options[which], self.into[which])

    def front(self, compared: list[int]) -> "_Rows":
        """Those that no other with the same inputs a cycle is better than in what is compared."""
        if not len(self.values):
            return self
        columns = [self.values[:, quantity] for quantity in compared]
        rows = self.taken(np.lexsort([*reversed(columns), self.into]))
        if len(compared) > 2:
            return rows.taken(_undominated(rows.values[:, compared], rows.into))
        # Of rising latency, what is less than all before it; each group starts below the last.
        amount = rows.values[:, compared[1]]
        amount = amount - rows.into * (amount.max() - amount.min() + 1)
        least = np.minimum.accumulate(amount)
        keep = np.ones(len(amount), dtype=bool)
        keep[1:] = amount[1:] < least[:-1]
        return rows.taken(keep)


def _undominated(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Indices of rows that no row before them in their group is as good as, in sorted rows."""
    kept = []
    for group in np.unique(groups):
        left = np.flatnonzero(groups == group)
        while len(left):
            # Nothing behind it can be better than the first.
            first, left = left[0], left[1:]
            kept.append(first)
            left = left[(values[left] < values[first]).any(axis=1)]
    return np.array(kept, dtype=np.int64)


class _Search:
    """Fronts of layers ``n`` and behind, for a frame interval ``frame``."""

    def __init__(self, items: list[_Items], compared: list[int], limits: np.ndarray):
        self.items, self.compared = items, compared
        # What the layers before take at the least is not there for those behind.
        least = [item.values.min(axis=(0, 1)) for item in items[:-1]]
        taken = np.cumsum([np.zeros(_QUANTITIES), *least], axis=0)
        self._limits = limits - taken
        self._fronts = {}
        self._thresholds = [
            np.unique(np.concatenate([[0], *(np.append(i.captured, i.waiting) for i in items[n:])]))
            for n in range(len(items))
        ]
        self._intervals = [
            frozenset(np.concatenate([i.captured for i in items[n:]]).tolist())
            for n in range(len(items))
        ]
        self._end = self._empty(len(items), rows=1)

    def front(self, compared: list[int]) -> np.ndarray:
        """Options of each layer, of what is on the front of the whole decoder."""
        found = [self._exactly(0, frame) for frame in sorted(self._intervals[0])]
        rows = _Rows.joined(found)
        one = np.zeros_like(rows.into)
        return replace(rows, into=one).front(compared).options

    def _within(self, n: int, frame: int) -> _Rows:
        """Front of what takes ``frame`` cycles a frame or less."""
        if n == len(self.items):
            return self._end
        # Between two thresholds, nothing changes.
        key = n, int(np.searchsorted(self._thresholds[n], frame, side="right"))
        if key not in self._fronts:
            items = self.items[n]
            which = np.flatnonzero(items.captured <= frame)
            self._fronts[key] = self._before(n, which, frame, self._within(n + 1, frame))
        return self._fronts[key]

    def _exactly(self, n: int, frame: int) -> _Rows:
        """Front of what takes ``frame`` cycles a frame, in at least one layer."""
        if n == len(self.items) or frame not in self._intervals[n]:
            return self._empty(n)
        items = self.items[n]
        parts = [
            self._before(
                n, np.flatnonzero(items.captured == frame), frame, self._within(n + 1, frame)
            ),
            self._before(
                n, np.flatnonzero(items.captured < frame), frame, self._exactly(n + 1, frame)
            ),
        ]
        parts = [part for part in parts if len(part.values)]
        return _Rows.joined(parts).front(self.compared) if parts else self._empty(n)

    def _empty(self, n: int, rows: int = 0) -> _Rows:
        options = np.zeros((rows, len(self.items) - n), dtype=np.int64)
        return _Rows(np.zeros((rows, _QUANTITIES)), options, np.zeros(rows, dtype=np.int64))

    def _before(self, n: int, which: np.ndarray, frame: int, behind: _Rows) -> _Rows:
        """Front of the rows ``which`` of layer ``n`` with each that fits of ``behind``."""
        if not len(which) or not len(behind.values):
            return self._empty(n)
        items = self.items[n]
        values = items.values[(items.waiting[which] > frame).astype(np.int64), which]
        wide = items.wide[which]
        start = np.searchsorted(behind.into, wide, side="left")
        count = np.searchsorted(behind.into, wide, side="right") - start
        left = np.repeat(np.arange(len(which)), count)
        first = np.cumsum(count) - count
        right = start[left] + np.arange(len(left)) - first[left]
        sums = values[left] + behind.values[right]
        fits = (sums <= self._limits[n]).all(axis=1)
        left, right = left[fits], right[fits]
        options = np.column_stack([items.option[which][left], behind.options[right]])
        return _Rows(sums[fits], options, items.into[which][left]).front(self.compared)
