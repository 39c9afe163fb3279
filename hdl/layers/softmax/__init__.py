"""Shares of powers along the last axis."""

from build_decoder.hdl.layers.softmax.plan import SoftmaxPlan as PLAN

__all__ = ["PLAN"]
