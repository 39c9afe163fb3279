"""Division of many numerators by one denominator, group by group, while others are made ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.serial_division import SerialDivision
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise

__all__ = ["GroupedQuotients", "Quotients"]


@dataclass(frozen=True)
class GroupedQuotients:
    """Numerators are written into rows of a memory, and divided row by row.

    Parameters
    ----------
    count
        Numerators that are divided by one denominator.
    inputs
        Numerators of a row, each of which has a divider.
    lanes
        Quotients of a transfer: as many, or one.
    numerator
        Bits of a numerator.
    division
        What a divider does; its numerators may be wider.

    Attributes
    ----------
    output : NumberFormat
        Format of the outputs.
    """

    count: int
    inputs: int
    lanes: int
    numerator: int
    division: SerialDivision

    output: ClassVar[NumberFormat]

    @property
    def cycles(self) -> int:
        """Cycles from a row's numerators to its outputs."""
        return self.division.bits

    @property
    def groups(self) -> int:
        """Rows."""
        return -(-self.count // self.inputs)

    @property
    def transfers(self) -> list[int]:
        """Transfers out of each row."""
        counts = [
            min(self.inputs, self.count - start) for start in range(0, self.count, self.inputs)
        ]
        return [-(-count // self.lanes) for count in counts]

    @property
    def adders(self) -> int:
        """Bits of what divides and holds quotients."""
        remainder = self.division.denominator + 1
        each = 2 * (remainder + self.division.bits) + self.output.width
        return self.inputs * each

    def actors(self, free: Slot, finished: Slot, times: int = 1) -> Sequence[Actor]:
        """The division, and what sends quotients, so many times a frame.

        Parameters
        ----------
        free
            Released when the last row is divided.
        finished
            Reserved where the first row is taken from the memory.
        """
        room, full = Slot(1), Slot(0)
        divided = Phase(self.cycles)
        done = {"reserve": ((room, 1),)}
        one, end = (
            Phase(**done, release=((full, 1),)), Phase(**done, release=((full, 1), (free, 1)))
        )
        sent = {
            count: Phase(count, give=(0,), reserve=((full, 1),), release=((room, 1),))
            for count in set(self.transfers)
        }
        first = Phase(reserve=((finished, 1),))
        return (
            Actor((first, *(divided, one) * (self.groups - 1), divided, end) * times),
            Actor(tuple(sent[count] for count in self.transfers) * times),
        )


@dataclass(frozen=True)
class Quotients(GroupedQuotients):
    """Quotients that are narrowed.

    Parameters
    ----------
    narrowing
        From quotients to the output. Of a signed source, the highest bit is turned before: such
        numerators were moved up by the least value.
    zero
        Whether the denominator can be zero, for which outputs are zero.
    """

    narrowing: Requantise
    zero: bool

    @property
    def output(self) -> QFormat:
        """Format of the outputs."""
        return self.narrowing.target
