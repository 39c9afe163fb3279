"""Average pooling, as values come."""

from build_decoder.hdl.layers.average_pool.plan import AveragePoolPlan as PLAN

__all__ = ["PLAN"]
