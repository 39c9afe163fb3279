"""Dense layer in floating point."""

from build_decoder.hdl.floating.dense.neurons import FloatNeurons
from build_decoder.hdl.layers.dense.component import DenseComponent

__all__ = ["COMPONENT", "FloatDenseComponent"]


class FloatDenseComponent(DenseComponent):
    """``o = round(activation(x @ weights + bias))`` of each frame; see
    :class:`quant.floating.dense.FloatDense`. Control, streams and times are those of any dense
    layer, of a :class:`hdl.floating.dense.plan.FloatDensePlan`."""

    NEURONS = FloatNeurons


COMPONENT = FloatDenseComponent
"""What realises the plan beside this module."""
