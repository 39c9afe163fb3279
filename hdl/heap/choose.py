"""Bit heaps as a choice among decoders: where they are better than what else keeps to limits."""

import math
from collections.abc import Callable, Sequence
from functools import partial

from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.compressors import NAMES, Compressors, compressors_of
from build_decoder.hdl.heap.planes import plane_bits, plane_counts
from build_decoder.hdl.heap.stages import on_heap, with_single_outputs
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import rank
from build_decoder.hdl.planning.limits import Limits
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense

__all__ = ["heaps_of", "soon_planned", "with_heaps"]

_MOST_WORK = 1 << 21
"""Inputs, times the square of the units, of a layer that is planned in a few seconds: nearly three
times those of AHEAD's case 2."""


def soon_planned(inputs: int, units: int) -> bool:
    """Whether a dense layer of this size is planned in a few seconds."""
    return inputs * units**2 <= _MOST_WORK


def with_heaps(
    others: Callable[[], DecoderPlan],
    model: IntegerModel,
    limits: Limits,
    family: Family,
    *,
    spare_blocks: bool = False,
    together: bool = False,
) -> DecoderPlan:
    """What ``others`` gives, or bit heaps where these cost less; where only area is limited, where
    they are faster.

    Limits hold of outputs that leave one by one, too, as they do on a board; not if all are taken
    ``together``, as a decision does.

    Raises
    ------
    InputError
        If neither keeps to the limits; that of ``others``, and what there is of heaps.
    """
    better = partial(rank, limits=limits, family=family, spare_blocks=spare_blocks)

    def leaving(plan: DecoderPlan) -> DecoderPlan:
        return plan if together else with_single_outputs(plan)

    try:
        found = [others()]
    except InputError as error:
        heaps = heaps_of(model, family)
        found = [plan for plan in heaps if _within(limits, leaving(plan), family)]
        if heaps and not found:
            raise InputError(f"{error}; {_told([*map(leaving, heaps)], family)}") from None
        if not found:
            raise
        return min(found, key=better)
    most = better(found[0])[0] if limits.timed else limits.max_lut
    heaps = heaps_of(model, family, most)
    found += [plan for plan in heaps if _within(limits, leaving(plan), family)]
    return min(found, key=better)


def heaps_of(
    model: IntegerModel, family: Family, most_luts: float = float("inf")
) -> list[DecoderPlan]:
    """All of a model, by rising number of planes; of those that may take fewer LUTs than
    ``most_luts``. None if it is no chain of dense layers in integers, a layer has too many codes or
    is large, or the family has no compressors."""
    if family.name not in NAMES or not model.is_dense_chain:
        return []
    if not all(soon_planned(layer.input_count, layer.units) for layer in model.layers):
        return []
    compressors, first = compressors_of(family.name), model.layers[0]
    counts = [
        planes
        for planes in plane_counts(first.input.width)
        if _least_luts(first, planes, compressors) < most_luts
    ]
    try:
        return [on_heap(model, family.name, planes) for planes in counts]
    except ValueError:
        return []


def _least_luts(layer: Dense, planes: int, compressors: Compressors) -> float:
    """LUTs of the first layer if each input bit were in one heap alone, and its sums had none."""
    bits = int(layer.weights.any(axis=1).sum()) * plane_bits(layer.input.width, planes)
    luts = bits / compressors.bits_a_lut
    if planes == 1:
        return luts
    return luts + (bits / 2 if planes == 2 and compressors.pair_inputs else bits)


def _within(limits: Limits, plan: DecoderPlan, family: Family) -> bool:
    latency = limits.latency_cycles
    return (
        (limits.interval_cycles is None or plan.frame_cycles <= limits.interval_cycles)
        and (latency is None or limits.latency(plan) <= latency)
        and (limits.max_lut is None or decoder_area(plan, family).lut <= limits.max_lut)
    )


def _told(heaps: Sequence[DecoderPlan], family: Family) -> str:
    """The fastest and the smallest of bit heaps, for a message."""
    luts = {plan: math.ceil(decoder_area(plan, family).lut) for plan in heaps}
    fastest = min(heaps, key=lambda plan: (plan.frame_cycles, plan.latency_cycles))
    smallest = min(heaps, key=luts.get)
    told = ", or ".join(
        f"{luts[plan]} LUTs, a latency of {plan.latency_cycles} cycles and an interval of "
        f"{plan.frame_cycles}"
        for plan in dict.fromkeys((fastest, smallest))
    )
    return f"bit heaps have {told}"
