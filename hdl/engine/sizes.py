"""Engines of all sizes."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from build_decoder.hdl.engine.choose import engines_at_pace
from build_decoder.hdl.engine.layers import EngineNetwork
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.family import Family
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["engines"]


def engines(
    model: IntegerModel,
    family: Family | None = None,
    *,
    columns: int = 1,
    max_blocks: int | None = None,
    interval: int | None = None,
) -> Iterator[Engine]:
    """Engines whose filters and taps are powers of two, from one product a cycle on, with one
    output a cycle and with as many as filters; none if an engine cannot run the model.

    With ``interval`` and a family, those of :func:`hdl.engine.choose.engines_at_pace`.

    Parameters are those of :func:`hdl.engine.choose.smallest_engine`.
    """
    try:
        layers = EngineNetwork(model).layers
    except ValueError:
        return
    sizes = list(product(
        _powers(max(layer.filters for layer in layers)),
        _powers(max(layer.weights.shape[1] for layer in layers)),
    ))
    if interval is not None and family is not None:
        yield from engines_at_pace(
            model, sizes, interval, family, columns=columns, max_blocks=max_blocks
        )
        return
    for filters, taps in sizes:
        for lanes in sorted({1, filters}):
            try:
                plan = EnginePlan(model, filters, taps, lanes=lanes)
            except ValueError:
                # Some outputs are not whole transfers of so many lanes.
                continue
            packed = family is not None and filters > 1 and plan.packs(family.dsp)
            wanted = replace(plan, packed=packed).multipliers.blocks
            enough = max_blocks is None or wanted <= max_blocks
            yield Engine(filters, taps, packed, columns, lanes, None if enough else max_blocks)


def _powers(most: int) -> list[int]:
    """Powers of two, the last of which is enough for ``most``."""
    return [1 << bits for bits in range((most - 1).bit_length() + 1)]
