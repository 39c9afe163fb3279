"""Some rows and columns handed on, in hardware."""

from amaranth import Mux, Value

from build_decoder.hdl.pool_component import PoolComponent

__all__ = ["COMPONENT", "StrideComponent"]


class StrideComponent(PoolComponent):
    """``o`` is every so manieth row and column of ``i``; see :class:`quant.layers.stride.Stride`.

    A buffer has the first value of each window that is open. It comes with the last one, so that
    outputs never come before all inputs are there.

    Latency: one cycle from the last transfer of a window. Throughput: one transfer a cycle; one
    that ends a window waits while an output is offered and not taken. With a channel, two rows and
    steps of 2 by 2::

        i.payload   4   1   3   9   7   5   2   6   -
        i.ready     1   1   1   1   1   1   1   1   1
        o.valid     0   0   0   0   1   0   0   0   1
        o.payload   -   -   -   -   4   -   -   -   7
        o.ready     1   1   1   1   1   1   1   1   1

    Parameters
    ----------
    plan : StridePlan
        Shape, and what is handed on.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o : ``Out``, stream of arrays of ``lanes`` values
    """

    def kept(self, first: Value, value: Value, before: Value) -> Value:
        return Mux(first, value, before)


COMPONENT = StrideComponent
"""What realises the plan beside this module."""
