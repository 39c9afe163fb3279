"""Sums of products made plane by plane: a few bits of each input in a cycle.

With the planes that count most first, twice, four times, ... the sum so far and the sum of a plane
are the next one. Weights are the same for all planes.
"""

import numpy as np

from build_decoder.hdl.heap.compressors import Compressors
from build_decoder.hdl.heap.graph import ONE, ZERO, Graph
from build_decoder.hdl.heap.heap import Heaps
from build_decoder.hdl.heap.number import Number
from build_decoder.hdl.heap.operations import Place
from build_decoder.hdl.heap.planes import plane_bits
from build_decoder.quant.layers.dense import Dense

__all__ = ["accumulated"]


def accumulated(
    graph: Graph, layer: Dense, planes: int, compressors: Compressors
) -> tuple[list[Number], np.ndarray]:
    """The layer's sums of products: of each unit, a number, and what is added to it.

    The graph's inputs are bits of a plane, each input's least first; all count positively.

    Raises
    ------
    ValueError
        If inputs cannot come in so many planes.
    """
    width, weights = layer.input.width, layer.weights
    bits = plane_bits(width, planes)
    base = -weights.sum(axis=0) << (width - 1) if layer.input.signed else 0 * weights[0]
    numbers = [
        Number(n, tuple(2 * (1 + n * bits + bit) for bit in range(bits)))
        for n in range(layer.input_count)
        if weights[n].any()
    ]
    if not numbers:
        return [], base
    heaps = Heaps(graph, numbers, weights[[number.source for number in numbers]], compressors)
    made = [heaps.of(unit) for unit in range(layer.units)]
    for heap in made:
        heaps.compress(heap, heaps.most(heap))
    sums = [heaps.add(heap) for heap in made]
    accumulators = _Accumulators(graph, sums, bits)
    # What a constant in each plane comes to.
    all_planes = sum(1 << bits * plane for plane in range(planes))
    found = []
    for unit, (heap, plane_sum) in enumerate(zip(made, sums, strict=True)):
        constant = heap.constant * all_planes
        ends = heap.sign * weights[:, unit].astype(np.int64)
        most = (int(ends[ends > 0].sum()) << width) - int(ends[ends > 0].sum()) - constant
        literals = accumulators.of(plane_sum, most.bit_length())
        found.append(Number(unit, tuple(literals), factor=heap.sign, most=most))
        base[unit] += heap.sign * constant
    return found, base


class _Accumulators:
    """Registers that accumulate sums of planes.

    Parameters
    ----------
    sums
        Literals of all, least first.
    shift
        Bits that an accumulator is shifted from plane to plane.
    """

    def __init__(self, graph: Graph, sums: list[list[int]], shift: int):
        self.graph, self.shift = graph, shift
        level = 1 + max((graph.level(literal) for bits in sums for literal in bits), default=0)
        self.first = graph.accumulate(level)
        # Units may be alike, and one's sums may be another's times a power of two.
        self._made: dict[tuple[int, ...], list[int]] = {}
        self._states: dict[int, int] = {}

    def of(self, bits: list[int], width: int) -> list[int]:
        """Literals of the sum of all planes, which is less than ``2**width``, with the last one."""
        zeros = 0
        while zeros < len(bits) and bits[zeros] == ZERO:
            zeros += 1
        key = tuple(bits[zeros:])
        if not key:
            return []
        if key not in self._made:
            self._made[key] = self._accumulated([*key, *[ZERO] * (width - zeros - len(key))])
        return [ZERO] * zeros + self._made[key]

    def _accumulated(self, bits: list[int]) -> list[int]:
        # Nothing is added to the lowest bits.
        low, states = bits[: self.shift], [self._state(bit) for bit in bits[: self.shift]]
        sums = len(bits) - len(low)
        if not sums:
            return low
        made = [self.graph.state() for _ in range(sums)]
        states += [2 * state for state in made]
        places = [
            self._place(bit, state)
            for bit, state in zip(bits[self.shift :], states, strict=False)
        ]
        given, _ = self.graph.chain(ZERO, places)
        for state, literal in zip(made, given, strict=True):
            self.graph.states[state] = literal >> 1
        return low + given

    def _state(self, literal: int) -> int:
        """What a literal was in the cycle before."""
        if literal <= ONE:
            return literal
        bit = literal >> 1
        if bit not in self._states:
            self._states[bit] = self.graph.state()
            self.graph.states[self._states[bit]] = bit
        return 2 * self._states[bit] + (literal & 1)

    def _place(self, bit: int, state: int) -> Place:
        """The sum of a bit, the carry, and of all but the first plane a state."""
        taken = [literal for literal in (bit, state) if literal > ONE]
        taken += [self.first] if state != ZERO else []
        propagates = carries = 0
        for entry in range(1 << len(taken)):
            value = {ZERO: 0, ONE: 1}
            value |= {literal: (entry >> n ^ literal) & 1 for n, literal in enumerate(taken)}
            before = value[state] and not value.get(self.first, 1)
            propagates |= (value[bit] ^ before) << entry
            carries |= value[bit] << entry
        return Place(tuple(literal >> 1 for literal in taken), propagates, carries)
