"""Echo state network."""

from build_decoder.hdl.layers.esn.plan import EsnPlan as PLAN

__all__ = ["PLAN"]
