"""Gated recurrent unit in hardware."""

from build_decoder.hdl.layers.gru.cell import GruCellComponent
from build_decoder.hdl.layers.recurrent.component import RecurrentComponent

__all__ = ["COMPONENT", "GruComponent"]


class GruComponent(RecurrentComponent):
    """A gated recurrent unit; see :class:`quant.layers.gru.Gru`."""

    cell = GruCellComponent


COMPONENT = GruComponent
"""What realises the plan beside this module."""
