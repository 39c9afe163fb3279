"""Quotients that become floating-point codes."""

from dataclasses import dataclass

from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.hdl.planning.quotients import GroupedQuotients
from build_decoder.quant.floating.float_format import FloatFormat

__all__ = ["FloatQuotients"]


@dataclass(frozen=True)
class FloatQuotients(GroupedQuotients):
    """Quotients of numerators that have a sign, rounded once.

    Parameters
    ----------
    rounding
        From the size of a quotient, and a bit behind it that says whether anything remains, to the
        output.
    """

    rounding: Rounding

    @property
    def output(self) -> FloatFormat:
        """Format of the outputs."""
        return self.rounding.format

    @property
    def cycles(self) -> int:
        return self.division.bits + self.rounding.latency
