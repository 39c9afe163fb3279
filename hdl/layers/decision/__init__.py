"""Decision for one of several classes."""

from build_decoder.hdl.layers.decision.plan import DecisionPlan as PLAN

__all__ = ["PLAN"]
