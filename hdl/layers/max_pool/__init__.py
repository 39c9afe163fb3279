"""Maximum pooling, as values come."""

from build_decoder.hdl.layers.max_pool.plan import MaxPoolPlan as PLAN

__all__ = ["PLAN"]
