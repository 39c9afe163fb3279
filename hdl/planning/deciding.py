"""Decoders that answer with a decision: those of the scores, and a stage behind them."""

from dataclasses import replace

from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.layers.decision.plan import DecisionPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["deciding", "scores_of"]


def scores_of(model: IntegerModel) -> IntegerModel:
    """The model whose outputs ``model`` decides by; itself, if it does not decide, or does nothing
    else."""
    before = model.nodes[:-1]
    if model.classes is None or all(plan_type(node.layer).wires for node in before):
        return model
    return replace(model, nodes=before)


def deciding(plan: DecoderPlan, model: IntegerModel) -> DecoderPlan:
    """The decoder of ``model`` on that of its scores: its latency is a cycle longer. ``plan``
    itself, if that is all of it."""
    if plan.model is model:
        return plan
    node = model.nodes[-1]
    last = plan.stages[-1]
    decided = DecisionPlan(node.layer, last.plan.output.lanes)
    decision = Stage(node.name, decided, (Port(last.name),))
    return DecoderPlan(model, (*plan.stages, decision))
