"""Radial basis functions."""

from build_decoder.hdl.layers.rbf.plan import RbfPlan as PLAN

__all__ = ["PLAN"]
