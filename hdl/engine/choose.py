"""Engines of a network: the smallest that keeps up, and some of all sizes."""

from collections.abc import Iterator

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.family import Family
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["engines", "smallest_engine"]


def smallest_engine(
    model: IntegerModel, interval: int, family: Family | None = None, *, columns: int = 1
) -> Engine | None:
    """The engine of fewest products a cycle that takes a frame each ``interval`` cycles, and of
    fewest taps, which are banks of memory; None if there is none.

    Parameters
    ----------
    family, columns
        As :func:`hdl.engine.stages.on_engine` has them.

    Raises
    ------
    ValueError
        If an engine cannot run the model.
    """
    filters, taps = _most_filters(model), _taps(model)
    sizes = ((count, some) for count in range(1, filters + 1) for some in taps)
    for count, some in sorted(sizes, key=lambda size: (size[0] * size[1], size[1])):
        plan = EnginePlan(model, count, some)
        if plan.unheld_cycles <= interval:
            return Engine(count, some, _packed(plan, family), columns)
    return None


def engines(
    model: IntegerModel, family: Family | None = None, *, columns: int = 1
) -> Iterator[Engine]:
    """Engines whose filters and taps are powers of two, from one product a cycle on; none if an
    engine cannot run the model.

    Parameters are those of :func:`smallest_engine`.
    """
    try:
        filters, taps = _most_filters(model), _taps(model)
    except ValueError:
        return
    for bits in range(filters.bit_length()):
        for some in taps:
            plan = EnginePlan(model, 1 << bits, some)
            yield Engine(plan.filters, some, _packed(plan, family), columns)


def _most_filters(model: IntegerModel) -> int:
    return max(layer.filters for layer in EnginePlan(model, 1, 1).network.layers)


def _taps(model: IntegerModel) -> list[int]:
    layers = EnginePlan(model, 1, 1).network.layers
    values = max(layer.weights.shape[1] for layer in layers)
    return [1 << bits for bits in range((values - 1).bit_length() + 1)]


def _packed(plan: EnginePlan, family: Family | None) -> bool:
    return family is not None and plan.filters > 1 and plan.packs(family.dsp)
