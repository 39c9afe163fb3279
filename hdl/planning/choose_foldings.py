"""Choice of foldings and multipliers: for a latency, within an area, or neither."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import dense_layers, dense_plans
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import DesignPoint, design_front, price
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["choose_design", "default_foldings"]


def default_foldings(model: IntegerModel) -> tuple[Folding, ...]:
    """One input a cycle into all neurons of each dense layer: as fast as inputs come one by one."""
    return tuple(Folding(1, layer.units) for layer in dense_layers(model))


def choose_design(
    model: IntegerModel,
    *,
    family: Family,
    latency_cycles: int | None = None,
    max_lut: int | None = None,
    max_blocks: int | None = None,
    spare_blocks: bool = False,
    datapath: Sequence[str | None] | None = None,
) -> DesignPoint:
    """The cheapest decoder that takes ``latency_cycles`` or less; without it, the fastest.

    It keeps to ``max_lut`` LUTs, by estimate, and to ``max_blocks`` DSP blocks. Of equally fast
    ones, the cheapest. Other parameters: :func:`hdl.planning.design_front.design_front`.

    Raises
    ------
    InputError
        If there is no such decoder; the message tells the nearest.
    """
    asked = {"family": family, "spare_blocks": spare_blocks, "datapath": datapath}
    limits = {"max_lut": max_lut, "max_blocks": max_blocks}
    if latency_cycles is not None:
        # Limits on area, which make the search longer, often do not matter.
        points = design_front(model, max_latency=latency_cycles, **asked)
        if not points:
            fastest = design_front(model, **asked)[0].latency_cycles
            raise InputError(
                f"{model.name}: expected a latency that its layers can reach, which is {fastest} "
                f"cycles or more, got {latency_cycles}"
            )
        if _within(points[-1].area, max_lut, max_blocks):
            return points[-1]
        rough = _shared(model, points[-1], **limits, **asked)
        near = [rough] if _within(rough.area, **limits) else []
        # What costs more than a design that there is need not be searched.
        most = price(rough.area, family, spare_blocks=spare_blocks) if near else None
        points = design_front(model, max_latency=latency_cycles, most=most, **limits, **asked)[-1:]
    else:
        near = []
        points = design_front(model, **limits, **asked)[:1]
    near += points + [_shared(model, point, **limits, **asked) for point in points]
    near = [point for point in near if _within(point.area, **limits)]
    if near:
        return min(near, key=lambda point: price(point.area, family, spare_blocks=spare_blocks))
    latency = "" if latency_cycles is None else f" for a latency of {latency_cycles} cycles"
    smallest = design_front(
        model, max_latency=latency_cycles, max_blocks=max_blocks, least="lut", **asked
    )
    if smallest:
        raise InputError(
            f"{model.name}: expected at most {max_lut} LUTs{latency}, got "
            f"{math.ceil(smallest[-1].area.lut)} at the least (estimated)"
        )
    fewest = design_front(model, max_latency=latency_cycles, least="dsp", **asked)[-1].area.dsp
    raise InputError(
        f"{model.name}: expected at most {max_blocks} DSP blocks{latency}, got {fewest} at the "
        f"least with the datapaths asked for"
    )


def _within(area: Area, max_lut: int | None, max_blocks: int | None) -> bool:
    pairs = ((area.lut, max_lut), (area.dsp, max_blocks))
    return all(limit is None or amount <= limit for amount, limit in pairs)


def _shared(
    model: IntegerModel,
    point: DesignPoint,
    *,
    family: Family,
    max_lut: int | None,
    max_blocks: int | None,
    spare_blocks: bool,
    datapath: Sequence[str | None] | None,
) -> DesignPoint:
    """``point`` with its blocks where they save most in all layers, rather than in each.

    No more of them than pay, unless it takes them to keep to ``max_lut``.
    """
    foldings = point.plan.foldings
    given = [plan.multipliers for plan in point.plan.dense]
    plans = dense_plans(model, foldings)
    names = datapath or [None] * len(plans)
    free = [n for n, name in enumerate(names) if name is None]
    left = max_blocks
    if left is not None:
        forced = [given[n].blocks for n, name in enumerate(names) if name is not None]
        left = max(left - sum(forced), 0)

    def shared(blocks: int | None, spare: bool) -> DesignPoint:
        chosen = choose_multipliers(
            [plans[n] for n in free], family=family, max_blocks=blocks, spare_blocks=spare
        )
        multipliers = dict(enumerate(given)) | dict(zip(free, chosen, strict=True))
        units = [multipliers[n] for n in range(len(plans))]
        return DesignPoint.of(DecoderPlan.of(model, foldings, units), family)

    found = shared(left, spare_blocks)
    if max_lut is None or found.area.lut <= max_lut:
        return found
    most = shared(left, True)
    counts = range(most.area.dsp + 1)
    fewest = bisect_left(counts, True, key=lambda n: shared(n, True).area.lut <= max_lut)
    return shared(fewest, True) if fewest in counts else most
