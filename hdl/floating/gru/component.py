"""Gated recurrent unit in floating point, in hardware."""

from build_decoder.hdl.floating.gru.cell import FloatGruCellComponent
from build_decoder.hdl.floating.recurrent.component import FloatRecurrentComponent

__all__ = ["COMPONENT", "FloatGruComponent"]


class FloatGruComponent(FloatRecurrentComponent):
    """A gated recurrent unit over the time steps of each frame; see
    :class:`quant.floating.gru.FloatGru`. Streams and the order of a step are those of a
    :class:`hdl.layers.gru.component.GruComponent` whose sums leave one by one."""

    cell = FloatGruCellComponent


COMPONENT = FloatGruComponent
"""What realises the plan beside this module."""
