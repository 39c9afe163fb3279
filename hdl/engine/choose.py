"""The smallest engine that keeps up, and the cheapest that answers in time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from build_decoder.hdl.engine.area import engine_area
from build_decoder.hdl.engine.layers import EngineNetwork
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.areas import Area
from build_decoder.hdl.planning.design_front import price
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["engines_at_pace", "quick_engine", "smallest_engine"]


def smallest_engine(
    model: IntegerModel,
    interval: int,
    family: Family | None = None,
    *,
    columns: int = 1,
    max_blocks: int | None = None,
) -> Engine | None:
    """The engine of fewest products a cycle that takes a frame each ``interval`` cycles, then of
    fewest outputs a cycle, and of fewest taps, which are banks of memory; None if there is none.

    Parameters
    ----------
    family, columns
        As :func:`hdl.engine.stages.on_engine` has them.
    max_blocks
        DSP blocks that there are; products beyond them are made in LUTs. None for no limit.

    Raises
    ------
    ValueError
        If an engine cannot run the model.
    """
    for size in _sizes(model, interval):
        chosen = _kept_up(model, size, interval, family, columns, max_blocks)
        if chosen is not None:
            return chosen
    return None


def quick_engine(
    model: IntegerModel,
    interval: int,
    latency: int,
    family: Family,
    *,
    columns: int = 1,
    max_blocks: int | None = None,
    spare_blocks: bool = False,
) -> Engine | None:
    """The cheapest engine that takes a frame each ``interval`` cycles, and whose decoder's last
    output comes at most ``latency`` cycles after the first value of a frame's last column, where
    columns come evenly; None if there is none.

    All numbers of filters, taps, outputs a cycle and columns that are added as they come are looked
    at, until multipliers and their values alone would cost more.

    Parameters are those of :func:`smallest_engine`, and whether blocks cost nothing.

    Raises
    ------
    ValueError
        If an engine cannot run the model.
    """
    best, least = None, float("inf")
    for size in _sizes(model, interval):
        if _least_price(size, family, spare_blocks) >= least:
            # Those behind it multiply no less.
            break
        kept_up = _kept_up(model, size, interval, family, columns, max_blocks)
        for engine in _early(model, kept_up):
            plan = engine.planned(model)
            if plan.unheld_cycles > interval:
                continue
            cost = price(engine_area(plan, family), family, spare_blocks=spare_blocks)
            if cost >= least:
                break
            if plan.latency_at_pace(interval) <= latency and (
                not plan.network.behind
                or engine.plan(model).latency_at_pace(interval) <= latency
            ):
                best, least = engine, cost
                break
    return best


def engines_at_pace(
    model: IntegerModel,
    sizes: Iterable[tuple[int, int]],
    interval: int,
    family: Family,
    *,
    columns: int = 1,
    max_blocks: int | None = None,
) -> list[Engine]:
    """Engines of some numbers of filters and taps that take a frame each ``interval`` cycles, of
    any outputs a cycle and columns that are added as they come: those that no other is both
    quicker and cheaper than, by rising latency.

    Parameters are those of :func:`smallest_engine`.

    Raises
    ------
    ValueError
        If an engine cannot run the model.
    """
    found = []
    for count, some in sizes:
        for lanes in _lanes(count):
            size = count, some, lanes
            kept_up = _kept_up(model, size, interval, family, columns, max_blocks)
            for engine in _early(model, kept_up):
                plan = engine.planned(model)
                if plan.unheld_cycles <= interval:
                    cost = family.cost(engine_area(plan, family))
                    found.append((plan.latency_at_pace(interval), cost, engine))
    front, least = [], float("inf")
    for _, cost, engine in sorted(found, key=lambda item: item[:2]):
        if cost < least:
            front.append(engine)
            least = cost
    return front


def _sizes(model: IntegerModel, interval: int) -> list[tuple[int, int, int]]:
    """Filters, taps and lanes that may make all products in the time, fewest products first."""
    network = EngineNetwork(model)
    layers, least = network.layers, network.product_count
    filters = _parts(layer.filters for layer in layers)
    taps = _parts(layer.weights.shape[1] for layer in layers)
    sizes = (
        (count, some, lanes)
        for count in filters for some in taps for lanes in _lanes(count)
        if least <= interval * count * some
    )
    return sorted(sizes, key=lambda s: (s[0] * s[1], s[2], s[1]))


def _kept_up(
    model: IntegerModel,
    size: tuple[int, int, int],
    interval: int,
    family: Family | None,
    columns: int,
    max_blocks: int | None,
) -> Engine | None:
    """The engine of a size, if it takes frames so fast."""
    count, some, lanes = size
    try:
        plan = EnginePlan(model, count, some, lanes=lanes)
    except ValueError:
        # Some outputs are not whole transfers of so many lanes.
        return None
    if plan.unheld_cycles > interval:
        return None
    chosen = _within(plan, Engine.best(plan, family, columns), max_blocks)
    return chosen if chosen.planned(model).unheld_cycles <= interval else None


def _early(model: IntegerModel, engine: Engine | None) -> Iterator[Engine]:
    """An engine with some columns that are added as they come, fewest first."""
    if engine is not None:
        most = min(engine.planned(model).inputs[0].steps, _MOST_EARLY)
        yield from (replace(engine, early=early) for early in range(most + 1))


_MOST_EARLY = 12
"""Columns that are added as they come, at most: more of them are no quicker if a few are not, as
windows are no wider."""


def _least_price(size: tuple[int, int, int], family: Family, spare_blocks: bool) -> float:
    """Of what an engine takes at least: blocks, as if all were made in pairs where that can be,
    and registers or selections of the values, a LUT or more a bit."""
    count, some, _ = size
    blocks = -(-count * some // 2) if family.dsp.packs else count * some
    area = Area(lut=_LUTS_A_TAP * some, dsp=blocks)
    return price(area, family, spare_blocks=spare_blocks)


_LUTS_A_TAP = 8


def _within(plan: EnginePlan, chosen: Engine, max_blocks: int | None) -> Engine:
    """What is chosen, or with products in LUTs where there are too few blocks."""
    if max_blocks is None or chosen.planned(plan.model).multipliers.blocks <= max_blocks:
        return chosen
    return replace(chosen, blocks=max_blocks, chained=False)


def _parts(counts: Iterable[int]) -> list[int]:
    """How many to take at a time of each of some counts, so that as few are left over as can be."""
    return sorted({-(-count // times) for count in counts for times in range(1, count + 1)})


def _lanes(filters: int) -> list[int]:
    """Powers of two that divide a number of filters."""
    return [1 << bit for bit in range(filters.bit_length()) if not filters % (1 << bit)]
