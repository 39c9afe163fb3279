"""The bases of integer layers that pass values on without rounding or saturating any."""

from dataclasses import dataclass

from build_decoder.models.layer import Layer, Shape
from build_decoder.quant.layer import IntegerLayer, Parts, Step
from build_decoder.quant.number_format import NumberFormat

__all__ = ["OneInputLayer", "PassingLayer", "PassingQuantiser"]


class PassingLayer(IntegerLayer):
    """A layer without roles: the format of its output is that of its inputs, or their union."""

    signals = ()

    def digest(self) -> bytes:
        return repr(self).encode()


@dataclass(frozen=True)
class OneInputLayer(PassingLayer):
    """A layer of one input.

    Parameters
    ----------
    input
        Format of the input and of the output.
    """

    input: NumberFormat

    @property
    def inputs(self) -> tuple[NumberFormat]:
        """Format of the input."""
        return (self.input,)

    @property
    def output(self) -> NumberFormat:
        """Format of the output."""
        return self.input


class PassingQuantiser:
    """A :class:`quant.layer.LayerQuantiser`; subclasses add ``name`` and ``integer``."""

    arrays = {}

    def roles(self, layer):
        return ()

    def activations(self, layer):
        return ()

    def observed(self, layer, inputs, weights):
        return {"output": layer.forward(inputs, weights)}

    def output(self, layer: Layer, inputs: tuple[NumberFormat, ...], formats) -> NumberFormat:
        return inputs[0]

    @property
    def steps(self):
        return (Step((), self._operation),)

    def _operation(self, parts: Parts):
        (operation,) = self.integer(parts).operations
        return operation

    @staticmethod
    def output_shape(parts: Parts) -> Shape:
        """Shape of the output, of one sample."""
        return tuple(parts.layer.output_shape(parts.shapes))
