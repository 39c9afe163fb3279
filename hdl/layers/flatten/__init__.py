"""Flattening: wires."""

from build_decoder.hdl.layers.flatten.plan import FlattenPlan as PLAN

__all__ = ["PLAN"]
