"""Plan of a packer."""

from dataclasses import dataclass

from build_decoder.quant.qformat import QFormat

__all__ = ["PackerPlan"]


@dataclass(frozen=True)
class PackerPlan:
    """Plan of a packer: ``count`` values of ``format`` a frame, ``lanes`` of them a transfer."""

    format: QFormat
    lanes: int
    count: int

    def output_times(self, arrivals: list[int]) -> list[int]:
        """Cycles of one frame's transfers out, for values in at ``arrivals``, never stalled."""
        ends = arrivals[self.lanes - 1 :: self.lanes]
        if self.count % self.lanes:
            ends = [*ends, arrivals[-1]]
        return [end + 1 for end in ends]
