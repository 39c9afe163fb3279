"""LSTMs in a row as one layer whose sums are made at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from build_decoder.hdl.stack.layer import StackedLayers
from build_decoder.quant.layers.lstm import Lstm
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["ParallelLayers"]


@dataclass(frozen=True, eq=False)
class ParallelLayers(StackedLayers):
    """LSTMs, each of which takes all outputs of the one before it.

    Raises
    ------
    ValueError
        If they are others: a GRU's reset goes into sums of a state, which are none of all products
        of a unit.
    """

    def __post_init__(self):
        super().__post_init__()
        if not self.possible(self.layers):
            raise ValueError(
                "expected LSTMs, whose sums are made at once, got "
                f"{', '.join(type(layer).__name__ for layer in self.layers)}"
            )

    @classmethod
    def possible(cls, layers: Sequence[RecurrentLayer]) -> bool:
        return all(isinstance(layer, Lstm) for layer in layers)
