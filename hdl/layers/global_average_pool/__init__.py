"""Mean of each channel, as values come."""

from build_decoder.hdl.layers.global_average_pool.plan import GlobalAveragePoolPlan as PLAN

__all__ = ["PLAN"]
