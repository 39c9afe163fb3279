"""Decoders whose dense layers are bit heaps."""

from dataclasses import replace

from build_decoder.hdl.adapters.unpacker.plan import UnpackerPlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.heap.layer import heaped
from build_decoder.hdl.heap.plan import HeapPlan
from build_decoder.hdl.heap.planes import plane_counts
from build_decoder.hdl.planning.deciding import deciding, scores_of
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = [
    "DATAPATH",
    "cells_of",
    "heap_decoder",
    "heap_decoders",
    "on_heap",
    "with_single_outputs",
]

DATAPATH = "heap"
"""What users call it."""


def cells_of(family: Family | None) -> str:
    """The family whose cells sums are made of: ``family`` itself, if it has compressors."""
    return family.name if family is not None and family.name in NAMES else NAMES[0]


def heap_decoder(model: IntegerModel, family: Family | None, interval: int = 1) -> DecoderPlan:
    """The decoder of fewest LUTs that takes a frame each ``interval`` cycles or sooner, and gives
    all outputs at once.

    Raises
    ------
    InputError
        If the model is no chain of dense layers in integers, a layer's sums or outputs have too
        many codes, or the interval is less than 1.
    """
    if interval < 1:
        raise InputError(
            f"{model.name}: expected an interval that its layers can reach, which is 1 cycle or "
            f"more, got {interval}"
        )
    try:
        plans = heap_decoders(model, cells_of(family), interval)
    except ValueError as error:
        raise InputError(f"{model.name}: --datapath {DATAPATH}: {error}") from None
    return min(plans, key=lambda plan: plan.stages[0].plan.luts)


def heap_decoders(model: IntegerModel, cells: str, interval: int) -> list[DecoderPlan]:
    """Those of the compressors ``cells`` that take a frame each ``interval`` cycles or sooner, for
    each number of planes that inputs can come in, rising.

    Raises
    ------
    ValueError
        As for :func:`on_heap`.
    """
    counts = plane_counts(model.input_format.width)
    return [on_heap(model, cells, planes) for planes in counts if planes <= interval]


def on_heap(model: IntegerModel, cells: str, planes: int = 1) -> DecoderPlan:
    """The decoder of the compressors ``cells`` whose inputs come in so many planes.

    Raises
    ------
    ValueError
        If the model is no chain of dense layers in integers, a layer's sums or outputs have too
        many codes, or inputs cannot come in so many planes.
    """
    scores = scores_of(model)
    (node,) = heaped(scores).nodes
    stage = Stage(node.name, HeapPlan(node.layer, cells, planes), (Port(scores.inputs[0].name),))
    return deciding(DecoderPlan(scores, (stage,)), model)


def with_single_outputs(plan: DecoderPlan) -> DecoderPlan:
    """The decoder that gives one output a transfer, as hosts take them; ``plan`` itself, if it
    does."""
    last = plan.stages[-1]
    if last.plan.output.lanes == 1:
        return plan
    unpacker = Stage(f"{last.name}.unpacker", UnpackerPlan(last.plan.output), (Port(last.name),))
    return replace(plan, stages=(*plan.stages, unpacker))
