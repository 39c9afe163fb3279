"""Gated recurrent unit in hardware."""

from build_decoder.hdl.layers.gru.cell import GruCellComponent
from build_decoder.hdl.recurrent.component import RecurrentComponent

__all__ = ["COMPONENT", "GruComponent"]


class GruComponent(RecurrentComponent):
    """A gated recurrent unit over the time steps of each frame; see
    :class:`quant.layers.gru.Gru`.

    It goes as a long short-term memory does, with three sums a unit. The candidate's sums of inputs
    and of states are apart anyway, since the reset gate is between them.

    Members
    -------
    i : ``In``, stream of arrays of ``inputs_per_cycle`` inputs
    o : ``Out``, stream of arrays of one output
    """

    cell = GruCellComponent


COMPONENT = GruComponent
"""What realises the plan beside this module."""
