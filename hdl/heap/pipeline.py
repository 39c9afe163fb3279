"""Where registers stand in a network of LUTs."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.hdl.heap.graph import ONE, Graph

__all__ = ["MOST_LEVELS", "Pipeline"]

MOST_LEVELS = 4
"""Levels from register to register."""


@dataclass(frozen=True, eq=False)
class Pipeline:
    """Registers behind some levels of a graph: those of the inputs are behind level 0, those of the
    outputs behind the last, and those of bits that accumulate behind their level. There are as few
    rows as can be, with as few flip-flops as can be.

    Parameters
    ----------
    graph
        The network.
    moving
        Bits of the inputs that are in the first row for others in it, which hold them next. That
        row may stand where the others move.
    """

    graph: Graph
    moving: frozenset[int] = frozenset()

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Levels behind which there are registers, from 0 on."""
        depth = self.graph.depth
        bits, within = self.crossing, self._within
        between = self.graph.accumulating or 0
        # Of all ways to each level: rows, flip-flops, and the level before.
        best: dict[int, tuple[int, int, int]] = {0: (0, 0, 0)}
        for level in range(1, depth + 1):
            best[level] = min(
                (best[start][0] + 1, best[start][1] + int(bits[level]), start)
                for start in range(max(level - MOST_LEVELS, between * (level > between)), level)
                if level - start + (start in within) <= MOST_LEVELS
            )
        ends = [depth]
        while ends[-1]:
            ends.append(best[ends[-1]][2])
        return tuple(reversed(ends))

    @property
    def registers(self) -> int:
        """Rows of registers."""
        return len(self.ends)

    @property
    def flip_flops(self) -> int:
        """Bits of all rows."""
        return sum(int(self.crossing[end]) for end in self.ends)

    def row(self, level: int) -> int:
        """Number of the first row behind a level: 0 of the inputs'."""
        return bisect_left(self.ends, level)

    @property
    def waits(self) -> Iterator[int]:
        """Of each bit, through how many rows it goes from where it is made to its first use, and
        from use to use."""
        for bit, levels in self.uses.items():
            # What moves otherwise is no part of a shift register.
            last = 1 if bit in self.moving else self.row(self.graph.levels[bit])
            for row in sorted(row for row in {*map(self.row, levels)} if row > last):
                yield row - last
                last = row

    @cached_property
    def last_uses(self) -> dict[int, int]:
        """Of each bit that is used, the last of its :attr:`uses`."""
        return {bit: max(levels) for bit, levels in self.uses.items()}

    @cached_property
    def uses(self) -> dict[int, set[int]]:
        """Of each bit that is used, levels whose operations take it; one behind the last for
        outputs. States are none: they are what registers hold of other bits."""
        graph, uses = self.graph, defaultdict(set)
        for bit in graph.states.values():
            uses[bit].add(graph.accumulating + 1)
        for out in graph.outputs:
            if out > ONE:
                uses[out >> 1].add(graph.depth + 1)
        held = {0, graph.first, *graph.states}
        for operation in graph.operations:
            level = graph.levels[operation.outputs[0]]
            for bit in operation.taken:
                if bit not in held:
                    uses[bit].add(level)
        for bit in self.moving:
            uses[bit].add(1)
        return dict(uses)

    @cached_property
    def crossing(self) -> np.ndarray:
        """Bits that registers behind each level would hold, int64 (levels,)."""
        changes = np.zeros(self.graph.depth + 2, np.int64)
        for bit, last in self.last_uses.items():
            changes[self.graph.levels[bit]] += 1
            changes[last] -= 1
        return np.cumsum(changes)[:-1]

    @cached_property
    def _within(self) -> frozenset[int]:
        """Levels that end within an operation of two levels, both of which then come behind it."""
        return frozenset(
            self.graph.levels[operation.outputs[0]] - 1
            for operation in self.graph.operations
            if operation.levels > 1
        )
