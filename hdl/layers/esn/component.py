"""Echo state network in hardware."""

from build_decoder.hdl.layers.esn.cell import EsnCellComponent
from build_decoder.hdl.recurrent.component import RecurrentComponent

__all__ = ["COMPONENT", "EsnComponent"]


class EsnComponent(RecurrentComponent):
    """An echo state network over the time steps of each frame; see
    :class:`quant.layers.esn.Esn`.

    It goes as a long short-term memory does, with one sum a unit. What stays of a unit's state is
    a difference of two shifts. Weights that are zero are multiplied as others are.

    Members
    -------
    i : ``In``, stream of arrays of ``inputs_per_cycle`` inputs
    o : ``Out``, stream of arrays of one output
    """

    cell = EsnCellComponent


COMPONENT = EsnComponent
"""What realises the plan beside this module."""
