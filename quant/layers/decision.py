"""Decision for one of several classes in integers."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.carrier import carrier
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.passing import PassingLayer, PassingQuantiser
from build_decoder.quant.qformat import QFormat

__all__ = ["QUANTISER", "Decision"]


@dataclass(frozen=True)
class Decision(PassingLayer):
    """Index of the largest value; of equals, of the first. It is exact, in as many bits as the
    greatest index has. In floating point both zeros are equal, and NaN, which the rest writes with
    a plus, is larger than all else.

    Parameters
    ----------
    input
        Format of the input.
    classes
        Values of the input, at least 2.
    """

    input: NumberFormat
    classes: int

    @property
    def inputs(self) -> tuple[NumberFormat]:
        """Format of the input."""
        return (self.input,)

    @property
    def output(self) -> QFormat:
        """Format of an index."""
        return _index_format(self.classes)

    @property
    def output_shape(self) -> tuple[int]:
        """One index."""
        return (1,)

    @property
    def decides(self) -> int:
        """The classes."""
        return self.classes

    @property
    def operations(self):
        """The layer is its own operation."""
        return (_Decided(self.input, self.output),)


@dataclass(frozen=True)
class _Decided:
    input: NumberFormat
    output: QFormat

    def compute(self, x: np.ndarray) -> np.ndarray:
        return np.argmax(self.input.order(x), axis=-1)[..., None].astype(carrier(self.output.width))


def _index_format(classes: int) -> QFormat:
    return QFormat((classes - 1).bit_length(), 0, signed=False)


class _DecisionQuantiser(PassingQuantiser):
    name = "decision"

    def output(self, layer, inputs, formats):
        return _index_format(layer.classes)

    def integer(self, parts):
        return Decision(parts.inputs[0], parts.layer.classes)


QUANTISER = _DecisionQuantiser()
