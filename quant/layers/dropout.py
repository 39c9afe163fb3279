"""Dropout, which hands on values, in integers."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.passing import OneInputLayer, PassingQuantiser

__all__ = ["QUANTISER", "Dropout"]


@dataclass(frozen=True)
class Dropout(OneInputLayer):
    """``y = x``.

    Parameters
    ----------
    input
        Format of the input and of the output.
    output_shape
        Of one sample.
    """

    output_shape: Shape

    @property
    def operations(self):
        """None is needed but to hand on."""
        return (_Same(),)


class _Same:
    def compute(self, x: np.ndarray) -> np.ndarray:
        return x


class _DropoutQuantiser(PassingQuantiser):
    name = "dropout"

    def integer(self, parts):
        return Dropout(parts.inputs[0], self.output_shape(parts))


QUANTISER = _DropoutQuantiser()
