"""Operations of a graph in hardware: as cells of a family, or as behaviour."""

from collections.abc import Callable, Mapping

from amaranth import Cat, Const, Module, Signal, Value

from build_decoder.hdl.families import family_of
from build_decoder.hdl.heap import cells
from build_decoder.hdl.heap.graph import ONE
from build_decoder.hdl.heap.operations import Chain, Lut, Operation
from build_decoder.hdl.parts.native import native_part

__all__ = ["Maker"]


class Maker:
    """Makes operations in a module.

    Parameters
    ----------
    m
        The module.
    family
        Name of the family whose cells they are made of, where the platform is of it.
    """

    def __init__(self, m: Module, family: str, platform):
        self.m = m
        self._lut, self._pair, self._chain = cells.lut, cells.pair, cells.chain
        found = family_of(platform)
        if found is not None and found.name == family:
            self._lut, self._chain = native_part(platform, "lut"), native_part(platform, "chain")
            self._pair = native_part(platform, "pair")

    def make(
        self, operation: Operation, taken: Mapping[int, Value], made: Callable[[int], Signal]
    ) -> None:
        """Make one.

        Parameters
        ----------
        taken
            The bits that it takes.
        made
            Gives the signal of a bit that it makes.
        """
        if isinstance(operation, Chain):
            self._chain(self.m, *_signals_of(operation, taken, made))
            return
        inputs = Cat(taken[bit] for bit in operation.inputs)
        if isinstance(operation, Lut):
            self._lut(self.m, inputs, operation.table, made(operation.output))
        else:
            self._pair(self.m, inputs, operation.tables, [made(bit) for bit in operation.outputs])


def _signals_of(
    chain: Chain, taken: Mapping[int, Value], made: Callable[[int], Signal]
) -> tuple[Value, list[cells.CellPlace], list[Signal | None], Signal | None]:
    """Parameters of what makes a chain."""
    seconds = [place.output for place in chain.places if place.output is not None]
    taken = {**taken, **{bit: made(bit) for bit in seconds}}
    places = [
        cells.CellPlace(
            Cat(taken[bit] for bit in place.inputs),
            place.propagates,
            place.second,
            None if place.past is None else taken[place.past],
            None if place.output is None else made(place.output),
        )
        for place in chain.places
    ]
    carry = Const(1, 1) if chain.carry == ONE else taken[chain.carry >> 1]
    sums = [None if bit is None else made(bit) for bit in chain.sums]
    return carry, places, sums, None if chain.last is None else made(chain.last)
