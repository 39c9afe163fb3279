"""Concatenation: a join."""

from build_decoder.hdl.layers.concat.plan import ConcatPlan as PLAN

__all__ = ["PLAN"]
