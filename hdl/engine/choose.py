"""The smallest engine that keeps up."""

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.family import Family
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["smallest_engine"]


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
    layers = EnginePlan(model, 1, 1).network.layers
    filters = max(layer.filters for layer in layers)
    values = max(layer.weights.shape[1] for layer in layers)
    taps = [1 << bits for bits in range((values - 1).bit_length() + 1)]
    sizes = ((count, some) for count in range(1, filters + 1) for some in taps)
    for count, some in sorted(sizes, key=lambda size: (size[0] * size[1], size[1])):
        plan = EnginePlan(model, count, some)
        if plan.unheld_cycles <= interval:
            packed = family is not None and count > 1 and plan.packs(family.dsp)
            return Engine(count, some, packed, columns)
    return None
