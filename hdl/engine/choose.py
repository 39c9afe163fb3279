"""The smallest engine that keeps up."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from build_decoder.hdl.engine.layers import EngineLayer, EngineNetwork
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.family import Family
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["smallest_engine"]


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
    layers = EngineNetwork(model).layers
    filters = _parts(layer.filters for layer in layers)
    taps = _parts(layer.weights.shape[1] for layer in layers)
    least = sum(map(_products, layers))
    sizes = (
        (count, some, lanes)
        for count in filters for some in taps for lanes in _lanes(count)
        if least <= interval * count * some
    )
    for count, some, lanes in sorted(sizes, key=lambda s: (s[0] * s[1], s[2], s[1])):
        try:
            plan = EnginePlan(model, count, some, lanes=lanes)
        except ValueError:
            # Some outputs are not whole transfers of so many lanes.
            continue
        if plan.unheld_cycles <= interval:
            packed = family is not None and count > 1 and plan.packs(family.dsp)
            wanted = replace(plan, packed=packed).multipliers.blocks
            enough = max_blocks is None or wanted <= max_blocks
            return Engine(count, some, packed, columns, lanes, None if enough else max_blocks)
    return None


def _parts(counts: Iterable[int]) -> list[int]:
    """How many to take at a time of each of some counts, so that as few are left over as can be."""
    return sorted({-(-count // times) for count in counts for times in range(1, count + 1)})


def _lanes(filters: int) -> list[int]:
    """Powers of two that divide a number of filters."""
    return [1 << bit for bit in range(filters.bit_length()) if not filters % (1 << bit)]


def _products(layer: EngineLayer) -> int:
    """Products of a frame."""
    columns = sum(int(np.diff(layer.taps(column))[0]) for column in range(layer.columns))
    return columns * layer.positions * layer.weights.shape[1] * layer.filters
