"""Attention: a mean of the steps, weighted by scores of their values."""

from build_decoder.hdl.layers.attention.plan import AttentionPlan as PLAN

__all__ = ["PLAN"]
