"""Plan of a piecewise-linear activation."""

from build_decoder.hdl.activations.plan import ActivationPlan, plans
from build_decoder.hdl.planning.area.shapes import ActivationShape
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear

__all__ = ["PiecewiseLinearPlan"]


_MOST_ROWS = 8
"""Additions behind each other that a cycle has, one for each bit of an offset."""


@plans(PiecewiseLinear)
class PiecewiseLinearPlan(ActivationPlan):
    """Plan of :class:`hdl.activations.piecewise_linear.component.PiecewiseLinearComponent`."""

    @property
    def split(self) -> int:
        """Low bits of the offset whose product is made apart from that of the others, so that a
        long one takes two cycles; 0 where it takes one."""
        bits = self.parameters.offset_bits
        return -(-bits // 2) if bits > _MOST_ROWS else 0

    @property
    def latency(self) -> int:
        """Cycles: address, result; with a long product between them."""
        return 3 if self.split else 2

    @property
    def shape(self) -> ActivationShape:
        p = self.parameters
        # A segment's number, the offset in it, and whether the result is mirrored.
        found = (p.segments - 1).bit_length() + p.offset_bits + 1
        if self.split:
            # Both products, and the same again for the intercept.
            slope_bits = max(map(abs, p.slopes)).bit_length() + (min(p.slopes) < 0)
            found += 2 * slope_bits + p.offset_bits + (p.segments - 1).bit_length() + 1
        return ActivationShape(lines=p.size, registers=found + p.output.width)
