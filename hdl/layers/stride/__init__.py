"""One value of each so many rows and columns, as values come."""

from build_decoder.hdl.layers.stride.plan import StridePlan as PLAN

__all__ = ["PLAN"]
