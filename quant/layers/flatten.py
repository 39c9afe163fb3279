"""Flatten: the same values in one row."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.passing import OneInputLayer, PassingQuantiser

__all__ = ["QUANTISER", "Flatten"]


@dataclass(frozen=True)
class Flatten(OneInputLayer):
    """All values of a sample in one row, the last axis fastest.

    Parameters
    ----------
    input
        Format of the input and of the output.
    count
        Values of a sample.
    """

    count: int

    @property
    def output_shape(self) -> tuple[int]:
        """One row."""
        return (self.count,)

    @property
    def operations(self):
        """The layer is its own operation."""
        return (_Flattened(),)


class _Flattened:
    def compute(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), -1)


class _FlattenQuantiser(PassingQuantiser):
    name = "flatten"

    def integer(self, parts):
        (count,) = self.output_shape(parts)
        return Flatten(parts.inputs[0], count)


QUANTISER = _FlattenQuantiser()
