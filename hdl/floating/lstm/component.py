"""Long short-term memory in floating point, in hardware."""

from build_decoder.hdl.floating.lstm.cell import FloatLstmCellComponent
from build_decoder.hdl.floating.recurrent.component import FloatRecurrentComponent

__all__ = ["COMPONENT", "FloatLstmComponent"]


class FloatLstmComponent(FloatRecurrentComponent):
    """A long short-term memory over the time steps of each frame; see
    :class:`quant.floating.lstm.FloatLstm`. Streams and the order of a step are those of a
    :class:`hdl.layers.lstm.component.LstmComponent` whose sums leave one by one."""

    cell = FloatLstmCellComponent


COMPONENT = FloatLstmComponent
"""What realises the plan beside this module."""
