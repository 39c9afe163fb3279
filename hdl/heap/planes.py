"""Planes of a frame's inputs: a few bits of each in a cycle, those that count most first."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.hdl.heap.compressors import Compressors
from build_decoder.hdl.heap.graph import Graph
from build_decoder.hdl.heap.tables import function, selected
from build_decoder.quant.qformat import QFormat

__all__ = ["MOST_PLANES", "Planes", "plane_bits", "plane_counts"]

MOST_PLANES = 16
"""So that LUTs of any family select a bit within the levels from register to register."""


def plane_counts(width: int) -> list[int]:
    """Numbers of planes that inputs of a width can come in, rising."""
    counts = {-(-width // bits) for bits in range(1, width + 1)}
    return sorted(count for count in counts if count <= MOST_PLANES)


def plane_bits(width: int, planes: int) -> int:
    """Bits of an input in a plane; the first plane may have fewer, and zeros above them.

    Raises
    ------
    ValueError
        If inputs of that width cannot come in so many planes.
    """
    if planes not in plane_counts(width):
        counts = ", ".join(map(str, plane_counts(width)))
        raise ValueError(
            f"expected inputs of {width} bits in a number of planes of {counts}, got {planes}"
        )
    return -(-width // planes)


@dataclass(frozen=True, eq=False)
class Planes:
    """What gives the planes of a frame, one a cycle, as a graph of LUTs.

    The frame is taken with its first plane; the bits of the others are held. A counter tells the
    plane, and stays at 0 until there is a frame.

    Parameters
    ----------
    format
        Of an input. The last bit of a signed one is inverted, so that it counts positively.
    count
        Inputs.
    planes
        How many, at least 2.
    taken
        Bits of a plane that anything takes, from 0 on, by rising input, of each least first.
    compressors
        Of the family whose LUTs it is made of.
    """

    format: QFormat
    count: int
    planes: int
    taken: tuple[int, ...]
    compressors: Compressors

    @property
    def counter_bits(self) -> int:
        """Bits of the counter."""
        return (self.planes - 1).bit_length()

    @property
    def counter_flip_flops(self) -> int:
        """Flip-flops of the counter; none of one that the first row of registers has."""
        return self.counter_bits if self.planes > 2 else 0

    @property
    def bits(self) -> int:
        """Bits of an input in a plane."""
        return plane_bits(self.format.width, self.planes)

    @cached_property
    def held(self) -> tuple[int, ...]:
        """Bits of all inputs, from 0 on, that are held behind the first plane."""
        width, first = self.format.width, self.bits * (self.planes - 1)
        return tuple(
            number * width + bit
            for number, place in (divmod(taken, self.bits) for taken in self.taken)
            for bit in range(place, first, self.bits)
        )

    @cached_property
    def graph(self) -> Graph:
        """From whether there is a frame, the counter's bits and those of all inputs, to whether a
        frame begins, the counter's next bits and those of the plane that are taken."""
        counting, inputs = self.counter_bits, self.compressors.lut_inputs
        graph = Graph(1 + counting + self.count * self.format.width)
        told = [2 * bit for bit in range(1, 2 + counting)]
        entries = np.arange(2 << counting)
        valid, counter = (entries & 1).astype(bool), entries >> 1
        following = np.where(counter == 0, valid, (counter + 1) % self.planes)
        control = [
            function(graph, told, values, inputs)
            for values in (valid & (counter == 0), *(following >> np.arange(counting)[:, None] & 1))
        ]
        graph.finish(control + [self._selected(graph, told[1:], taken) for taken in self.taken])
        if self.compressors.pair_inputs:
            graph.pair(self.compressors.pair_inputs)
        return graph

    def _selected(self, graph: Graph, counter: list[int], taken: int) -> int:
        """A bit of the plane that the counter tells."""
        width = self.format.width
        number, place = divmod(taken, self.bits)
        literals = []
        for plane in reversed(range(self.planes)):
            bit = plane * self.bits + place
            literal = 2 * (2 + self.counter_bits + number * width + bit)
            inverted = self.format.signed and bit == width - 1
            literals.append(literal + inverted if bit < width else 0)
        return selected(graph, literals, counter, self.compressors.lut_inputs)
