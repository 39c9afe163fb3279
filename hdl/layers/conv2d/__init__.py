"""Convolution, as columns come."""

from build_decoder.hdl.layers.conv2d.plan import Conv2dPlan as PLAN

__all__ = ["PLAN"]
