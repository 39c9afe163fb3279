"""Gated recurrent unit."""

from build_decoder.hdl.layers.gru.plan import GruPlan as PLAN

__all__ = ["PLAN"]
