"""Columns of a frame: what counts those that are taken, and zeros behind the last one."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.hdl.heap.compressors import Compressors, at_least
from build_decoder.hdl.heap.graph import ONE, ZERO, Graph
from build_decoder.hdl.heap.operations import Place
from build_decoder.hdl.heap.tables import function

__all__ = ["Columns"]


@dataclass(frozen=True, eq=False)
class Columns:
    """What tells when columns move, and counts them, as a graph.

    In the steps of a frame, ``taken`` columns come in, and ``behind`` columns of zeros follow them,
    so that the last windows are complete. With the column number ``behind + 1``, the first window
    is. The counter is the number of the next step, from 1 on. Of several planes, columns move in
    the cycle of the last plane of a window, or while there is none.

    Parameters
    ----------
    taken
        At least 1.
    behind
        So many zeros are before the next frame's first column, too. With none, each column is a
        window, and nothing is counted.
    planes
        In which a window's bits are taken, as in :mod:`hdl.heap.planes`.
    compressors
        Of the family whose LUTs it is made of.
    """

    taken: int
    behind: int
    planes: int
    compressors: Compressors

    @property
    def steps(self) -> int:
        """Of a frame."""
        return self.taken + self.behind

    @property
    def counter_bits(self) -> int:
        """Bits of the counter."""
        return self.steps.bit_length() if self.behind else 0

    @property
    def plane_bits(self) -> int:
        """Bits of the number of a plane."""
        return (self.planes - 1).bit_length()

    @cached_property
    def graph(self) -> Graph:
        """From the counter's bits, of which the lowest is inverted, so that all are 0 at first, and
        of several planes the bits of the plane's number, whether there is a window, and whether a
        column comes, to these:

        of several planes, whether columns may move, and whether there is a window next; of steps
        that are counted, whether the next one is one of zeros, whether it completes a window, and
        the counter's next bits.
        """
        windows = self.plane_bits + 2 if self.planes > 1 else 0
        graph = Graph(self.counter_bits + windows)
        inputs = [2 * bit for bit in range(1, 1 + graph.input_count)]
        counted = self._counted(graph, inputs[: self.counter_bits])
        zeros, complete, *_ = counted or (ZERO, ONE)
        windowed = self._windowed(graph, inputs[self.counter_bits :], zeros, complete)
        graph.finish(windowed + counted)
        return graph

    def _windowed(self, graph: Graph, inputs: list[int], zeros: int, complete: int) -> list[int]:
        if not inputs:
            return []
        *told, comes = inputs
        window, plane = np.divmod(np.arange(2 << self.plane_bits), 1 << self.plane_bits)
        may_move = (plane == self.planes - 1) | (plane == 0) & (window == 0)
        free = function(graph, told, may_move, self.compressors.lut_inputs)
        entries = np.arange(1 << 5)
        moving, there, column, zero, whole = (entries >> place & 1 for place in range(5))
        following = np.where(moving, (column | zero) & whole, there).astype(bool)
        literals = [free, told[-1], comes, zeros, complete]
        return [free, function(graph, literals, following, self.compressors.lut_inputs)]

    def _counted(self, graph: Graph, inputs: list[int]) -> list[int]:
        if not inputs:
            return []
        lowest, *others = inputs
        bits = [lowest | 1, *others]
        zeros, complete, last = (
            at_least(self.compressors, graph, bits, first)
            for first in (self.taken + 1, self.behind + 1, self.steps)
        )
        # From the last one on to 1, whose lowest bit alone is set.
        odd = graph.lut([bits[0], last], 0b0010)
        places = [Place((bit >> 1, last >> 1), 0b0010, 0) for bit in others]
        following, _ = graph.chain(odd, places)
        return [zeros, complete, odd, *following]
