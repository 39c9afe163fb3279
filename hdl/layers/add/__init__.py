"""Elementwise sum of branches."""

from build_decoder.hdl.layers.add.plan import AddPlan as PLAN

__all__ = ["PLAN"]
