"""Long short-term memory in hardware."""

from build_decoder.hdl.layers.lstm.cell import LstmCellComponent
from build_decoder.hdl.layers.recurrent.component import RecurrentComponent

__all__ = ["COMPONENT", "LstmComponent"]


class LstmComponent(RecurrentComponent):
    """A long short-term memory; see :class:`quant.layers.lstm.Lstm`."""

    cell = LstmCellComponent


COMPONENT = LstmComponent
"""What realises the plan beside this module."""
