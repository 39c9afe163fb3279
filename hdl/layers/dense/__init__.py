"""Dense layers."""

from build_decoder.hdl.layers.dense.plan import DensePlan as PLAN

__all__ = ["PLAN"]
