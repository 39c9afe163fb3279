"""A narrowing to a format that was given."""

from build_decoder.hdl.layers.fixed_point.plan import FixedPointPlan as PLAN

__all__ = ["PLAN"]
