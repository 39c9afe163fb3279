"""Long short-term memory in hardware."""

from build_decoder.hdl.layers.lstm.cell import LstmCellComponent
from build_decoder.hdl.recurrent.component import RecurrentComponent

__all__ = ["COMPONENT", "LstmComponent"]


class LstmComponent(RecurrentComponent):
    """A long short-term memory over the time steps of each frame; see
    :class:`quant.layers.lstm.Lstm`.

    Columns of inputs come into a memory, and go from there to the multipliers, as does the state,
    pass after pass over the sums of all units. With several passes, the state's products come
    first, and their sums wait in a memory. When a column is there, its own products follow; as each
    unit's sums are complete, they go through the cell, while the multipliers are at the next unit.
    Of three units with 3 x 4 products each, 4 inputs and four products a cycle, a step goes::

        multipliers   h0 h0 h0 h1 h1 h1 h2 h2 h2 x0 x0 x0 x0 x1 x1 x1 x1 x2 x2 x2 x2 h0 h0 h0 ..
        cell                                                  u0 u0 u0    u1 u1 u1    u2 u2 u2
        output                                                         0           1           2

    Where a unit's sums come one by one, its gates share one sigmoid, and its own three products are
    made bit by bit if nothing waits for that.

    Members
    -------
    i : ``In``, stream of arrays of ``inputs_per_cycle`` inputs
    o : ``Out``, stream of arrays of one output
    """

    cell = LstmCellComponent


COMPONENT = LstmComponent
"""What realises the plan beside this module."""
