"""Maximum pooling in hardware."""

from amaranth import Mux, Value

from build_decoder.hdl.pool_component import PoolComponent
from build_decoder.hdl.shapes import ranked

__all__ = ["COMPONENT", "MaxPoolComponent"]


class MaxPoolComponent(PoolComponent):
    """``o = max over a window of i``, lane by lane; see :class:`quant.layers.max_pool.MaxPool`.

    A buffer has the largest values so far of the windows that are open: those of one step. The
    first value of a window is taken as it is, so that nothing stands for what is cut off.

    Latency: one cycle from the last transfer of a window. Throughput: one transfer a cycle; one
    that ends a window waits while an output is offered and not taken. With a channel, two rows and
    windows of 2 by 2::

        i.payload   4   1   3   9   7   5   2   6   6   -
        i.ready     1   1   1   1   1   1   1   0   1   1
        o.valid     0   0   0   0   1   1   1   1   1   1
        o.payload   -   -   -   -   9   9   9   9   9   7
        o.ready     1   1   1   1   0   0   0   0   1   1

    Parameters
    ----------
    plan : MaxPoolPlan
        Shape and windows.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o : ``Out``, stream of arrays of ``lanes`` values
    """

    def kept(self, first: Value, value: Value, before: Value) -> Value:
        format = self.plan.layer.input
        return Mux(first | (ranked(value, format) > ranked(before, format)), value, before)


COMPONENT = MaxPoolComponent
"""What realises the plan beside this module."""
