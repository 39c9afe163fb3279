"""Plans of layers in floating point: whatever plans decoders knows them by this list."""

from build_decoder.hdl.floating.conv2d.plan import FloatConv2dPlan
from build_decoder.hdl.floating.dense.plan import FloatDensePlan

__all__ = ["FLOAT_PLANS"]

FLOAT_PLANS = (FloatConv2dPlan, FloatDensePlan)
"""One for each type of layer that is not the same in any arithmetic."""
