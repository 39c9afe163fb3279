"""Convolution in floating point."""

from build_decoder.hdl.floating.dense.neurons import FloatNeurons
from build_decoder.hdl.layers.conv2d.component import Conv2dComponent

__all__ = ["COMPONENT", "FloatConv2dComponent"]


class FloatConv2dComponent(Conv2dComponent):
    """``o = round(activation(window @ weights + bias))`` of the window around each position; see
    :class:`quant.floating.conv2d.FloatConv2d`. Columns, their walk, streams and times are those of
    any convolution whose windows are gathered, of a
    :class:`hdl.floating.conv2d.plan.FloatConv2dPlan`."""

    NEURONS = FloatNeurons


COMPONENT = FloatConv2dComponent
"""What realises the plan beside this module."""
