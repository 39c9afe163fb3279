"""Planes of inputs in hardware: a counter, and what selects the bits of one."""

from collections.abc import Sequence

from amaranth import Cat, Module, Signal, Value

from build_decoder.hdl.heap.made import Maker
from build_decoder.hdl.heap.planes import Planes

__all__ = ["SelectedPlanes"]


class SelectedPlanes:
    """The plane that comes to the first row of registers in a cycle.

    Parameters
    ----------
    planes
        What gives them, as a graph.
    there
        Of each row of registers, whether it has the first plane of a frame.
    """

    def __init__(self, planes: Planes, there: Signal):
        self._planes = planes
        # In the second of two planes, one row has the first.
        counts = planes.planes > 2
        self.number = Signal(planes.counter_bits, name="plane") if counts else there[:1]

    def make(
        self, m: Module, maker: Maker, moves: Value, valid: Value, inputs: Sequence[Value]
    ) -> tuple[Value, dict[int, Value]]:
        """Make it.

        Parameters
        ----------
        moves
            Whether registers move.
        valid
            Whether there is a frame to begin with, where the number of the plane is 0.
        inputs
            All bits of all inputs.

        Returns
        -------
        begins : Value
            Whether the plane is the first one of a frame.
        bits : dict
            Those of the plane that are taken, by their numbers in the graph that takes them.
        """
        planes = self._planes
        values = dict(enumerate([valid, *self.number, *inputs], start=1))
        for operation in planes.graph.operations:
            values |= {bit: Signal(name=f"plane_{bit}") for bit in operation.outputs}
            maker.make(operation, values, values.__getitem__)
        begins, *given = [values[literal >> 1] for literal in planes.graph.outputs]
        if planes.planes > 2:
            with m.If(moves):
                m.d.sync += self.number.eq(Cat(given[: planes.counter_bits]))
        bits = (1 + bit for bit in planes.taken)
        return begins, dict(zip(bits, given[planes.counter_bits :], strict=True))
