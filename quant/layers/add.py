"""Elementwise sum of two or more branches in integers."""

import math
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.layer import IntegerLayer, Kind, Role, Signal, Step
from build_decoder.quant.operations.narrow import Narrow
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["QUANTISER", "Add", "Total"]


@dataclass(frozen=True)
class Total:
    """``output = sat(round_half_up(x1 + x2 + ...))``; the sum itself is exact.

    Parameters
    ----------
    inputs
        Format of each input.
    output
        Format of the output.
    """

    inputs: tuple[QFormat, ...]
    output: QFormat

    @property
    def exact(self) -> Span:
        """Range of the exact sums."""
        return reduce(add, map(Span.of, self.inputs))

    def compute(self, *inputs: np.ndarray) -> np.ndarray:
        """Raw sums of raw inputs, (samples, ...) each."""
        exact = self.exact
        total = sum(
            exact.place(raw, format.fraction)
            for raw, format in zip(inputs, self.inputs, strict=True)
        )
        return Narrow(exact, self.output).compute(total)


@dataclass(frozen=True)
class Add(IntegerLayer):
    """Elementwise sum of two or more branches, whose formats may differ.

    A sum of more than 48 bits, with the fraction bits of all its inputs, is refused.

    Parameters
    ----------
    total
        Formats.
    output_shape
        Of one sample.

    Raises
    ------
    ValueError
        If a sum is wider than the widest format.
    """

    total: Total
    output_shape: Shape

    def __post_init__(self):
        self.total.exact.check("sums", "output")

    @property
    def inputs(self) -> tuple[QFormat, ...]:
        """Format of each input."""
        return self.total.inputs

    @property
    def output(self) -> QFormat:
        """Format of the output."""
        return self.total.output

    @property
    def operations(self):
        """The sum."""
        return (self.total,)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The output."""
        return (Signal("output", self.output, math.prod(self.output_shape)),)

    def digest(self) -> bytes:
        return repr(self).encode()


class _AddQuantiser:
    """See :class:`quant.layer.LayerQuantiser`."""

    name = "add"
    arrays = {}
    _ROLES = (Role("output", Kind.SIGNAL),)

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return ()

    def observed(self, layer, inputs, weights):
        return {"output": layer.forward(inputs, weights)}

    def output(self, layer, inputs, formats):
        return formats["output"]

    @property
    def steps(self):
        return (Step(("output",), self._total),)

    @staticmethod
    def _total(parts):
        return Total(parts.inputs, parts.formats["output"])

    def integer(self, parts):
        return Add(self._total(parts), tuple(parts.layer.output_shape(parts.shapes)))


QUANTISER = _AddQuantiser()
