"""Decoders whose dense layers are bit heaps."""

from dataclasses import replace

from build_decoder.hdl.adapters.unpacker.plan import UnpackerPlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.heap.layer import heaped
from build_decoder.hdl.heap.plan import HeapPlan
from build_decoder.hdl.planning.deciding import deciding, scores_of
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["DATAPATH", "cells_of", "heap_decoder", "on_heap", "with_single_outputs"]

DATAPATH = "heap"
"""What users call it."""


def cells_of(family: Family | None) -> str:
    """The family whose cells sums are made of: ``family`` itself, if it has compressors."""
    return family.name if family is not None and family.name in NAMES else NAMES[0]


def heap_decoder(model: IntegerModel, family: Family | None) -> DecoderPlan:
    """The decoder that takes a frame each cycle, and gives all outputs at once.

    Raises
    ------
    InputError
        If the model is no chain of dense layers in integers, or a layer's sums or outputs have too
        many codes.
    """
    try:
        return on_heap(model, cells_of(family))
    except ValueError as error:
        raise InputError(f"{model.name}: --datapath {DATAPATH}: {error}") from None


def on_heap(model: IntegerModel, cells: str) -> DecoderPlan:
    """The same of the compressors ``cells``.

    Raises
    ------
    ValueError
        If the model is no chain of dense layers in integers, or a layer's sums or outputs have too
        many codes.
    """
    scores = scores_of(model)
    (node,) = heaped(scores).nodes
    stage = Stage(node.name, HeapPlan(node.layer, cells), (Port(scores.inputs[0].name),))
    return deciding(DecoderPlan(scores, (stage,)), model)


def with_single_outputs(plan: DecoderPlan) -> DecoderPlan:
    """The decoder that gives one output a transfer, as hosts take them; ``plan`` itself, if it
    does."""
    last = plan.stages[-1]
    if last.plan.output.lanes == 1:
        return plan
    unpacker = Stage(f"{last.name}.unpacker", UnpackerPlan(last.plan.output), (Port(last.name),))
    return replace(plan, stages=(*plan.stages, unpacker))
