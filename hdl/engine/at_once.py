"""Engines for frames that come at once: the cheapest that answers in time, or the fastest that is
small enough."""

from build_decoder.hdl.engine.layers import EngineNetwork
from build_decoder.hdl.engine.sizes import engines
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import price
from build_decoder.hdl.planning.limits import Limits
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["engine_at_once"]


def engine_at_once(
    model: IntegerModel,
    limits: Limits,
    family: Family,
    *,
    columns: int = 1,
    spare_blocks: bool = False,
) -> DecoderPlan | None:
    """The cheapest decoder on an engine within a latency, or the fastest within an area if there is
    no latency; None if there is none. Sizes are those of :func:`hdl.engine.sizes.engines`.

    Parameters
    ----------
    limits
        Without an interval.
    columns
        As :func:`hdl.engine.stages.on_engine` has it.
    spare_blocks
        Whether DSP blocks cost nothing.

    Raises
    ------
    ValueError
        If an engine cannot run the model.
    """
    found, least, products = None, float("inf"), EngineNetwork(model).product_count
    most = limits.latency_cycles
    for engine in engines(model, family, columns=columns, max_blocks=limits.max_blocks):
        # How long it takes shows late, and how long at the least at once.
        cycles = products / (engine.filters * engine.taps)
        if cycles >= (least if most is None else most + 1):
            continue
        plan = engine.plan(model)
        area = decoder_area(plan, family)
        cost = price(area, family, spare_blocks=spare_blocks)
        if not limits.hold(area) or most is not None and cost >= least:
            continue
        if most is None and plan.latency_cycles < least:
            found, least = plan, plan.latency_cycles
        elif most is not None and plan.latency_cycles <= most:
            found, least = plan, cost
    return found
