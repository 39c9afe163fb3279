"""Time steps in another form: the same values."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.passing import OneInputLayer, PassingQuantiser

__all__ = ["QUANTISER", "Steps"]


@dataclass(frozen=True)
class Steps(OneInputLayer):
    """(steps, rows, channels) as (steps, rows * channels); or (steps, channels) as (steps, 1,
    channels).

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
        """The layer in its new form."""
        return (_Formed(self.output_shape),)


@dataclass(frozen=True)
class _Formed:
    shape: Shape

    def compute(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), *self.shape)


class _StepsQuantiser(PassingQuantiser):
    name = "steps"

    def integer(self, parts):
        return Steps(parts.inputs[0], self.output_shape(parts))


QUANTISER = _StepsQuantiser()
