"""Cells of recurrent layers in a row: one for all of them where that does."""

from dataclasses import replace
from functools import cached_property
from itertools import accumulate

from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.hdl.stack.layer import StackedLayers
from build_decoder.hdl.stack.shared import shared_layer

__all__ = ["StackCells"]


class StackCells:
    """In front of the plan of recurrent layers in a row, in a plan's bases: which cells are built,
    and how layers and units of all of them are numbered.

    Attributes
    ----------
    layer : StackedLayers
        The layers.
    cells : tuple of RecurrentPlan
        Plans of the layers by themselves.
    gates : int
        Sums of a unit.
    """

    layer: StackedLayers
    cells: tuple[RecurrentPlan, ...]
    gates: int

    @cached_property
    def built_cells(self) -> tuple[RecurrentPlan, ...]:
        """Plans of the cells that are built: one of all units where it does for all layers, else
        those of the layers."""
        shared = shared_layer(self.layer.layers, self.gates)
        return self.cells if shared is None else (replace(self.cells[0], layer=shared),)

    @property
    def shares_cell(self) -> bool:
        """Whether one cell serves all layers."""
        return len(self.built_cells) == 1

    @property
    def units_before(self) -> tuple[int, ...]:
        """For each layer, the units of those before it."""
        return tuple(accumulate((cell.units for cell in self.cells[:-1]), initial=0))

    @property
    def serves(self) -> tuple[str, ...]:
        return self.layer.names

    @property
    def units(self) -> int:
        """Values of the last layer's state."""
        return self.cells[-1].units

    @property
    def layer_bits(self) -> int:
        """Bits of the number of a layer."""
        return (len(self.cells) - 1).bit_length()
