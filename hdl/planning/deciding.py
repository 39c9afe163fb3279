"""Decoders that answer with a decision: those of the scores, and a stage behind them."""

from dataclasses import replace

from build_decoder.hdl.layers.decision.plan import DecisionPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["deciding", "scores_of"]


def scores_of(model: IntegerModel) -> IntegerModel:
    """The model whose outputs ``model`` decides by; itself, if it does not decide."""
    return model if model.classes is None else replace(model, nodes=model.nodes[:-1])


def deciding(plan: DecoderPlan, model: IntegerModel) -> DecoderPlan:
    """The decoder of ``model`` on that of its scores: its latency is a cycle longer."""
    if model.classes is None:
        return plan
    node = model.nodes[-1]
    decision = Stage(node.name, DecisionPlan(node.layer), (Port(plan.stages[-1].name),))
    return DecoderPlan(model, (*plan.stages, decision))
