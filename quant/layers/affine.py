"""A factor and a term for each channel in integers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.layer import IntegerLayer, Kind, Role, Signal, Step
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.scale import Scale
from build_decoder.quant.qformat import QFormat

__all__ = ["QUANTISER", "Affine"]


@dataclass(frozen=True, eq=False)
class Affine(IntegerLayer):
    """``x * scale + shift`` along the last axis: :class:`~quant.operations.scale.Scale`.

    Parameters
    ----------
    scale
        Formats, factors and terms.
    output_shape
        Of one sample; the last axis counts channels.

    Raises
    ------
    ValueError
        If shapes do not match or a sum is wider than the widest format.
    """

    scale: Scale
    output_shape: Shape

    def __post_init__(self):
        channels = self.output_shape[-1:]
        got = self.scale.scales.raw.shape, self.scale.shifts.raw.shape
        if got != (channels, channels):
            raise ValueError(f"expected factors and terms {channels}, got {got[0]} and {got[1]}")
        self.scale.exact.check("products with their terms", "output")

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.scale.input,)

    @property
    def output(self) -> QFormat:
        """Format of the output."""
        return self.scale.output

    @property
    def operations(self):
        """One."""
        return (self.scale,)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Input, factors, terms and output."""
        scale, words = self.scale, math.prod(self.output_shape)
        return (
            Signal("input", scale.input, words),
            Signal("weight", scale.scales.format, scale.scales.raw.size),
            Signal("bias", scale.shifts.format, scale.shifts.raw.size),
            Signal("output", scale.output, words),
        )

    @property
    def arrays(self) -> Mapping[str, RawArray]:
        """Factors and terms."""
        return {"scale": self.scale.scales, "shift": self.scale.shifts}

    def with_arrays(self, raw: Mapping[str, np.ndarray]):
        scale = replace(
            self.scale,
            scales=replace(self.scale.scales, raw=raw["scale"]),
            shifts=replace(self.scale.shifts, raw=raw["shift"]),
        )
        return replace(self, scale=scale)

    def digest(self) -> bytes:
        return identity(self)


class _AffineQuantiser:
    """See :class:`quant.layer.LayerQuantiser`."""

    name = "affine"
    arrays = {"scale": "weight", "shift": "bias"}
    _ROLES = (
        Role("weight", Kind.WEIGHT, signed=True),
        Role("bias", Kind.WEIGHT, signed=True),
        Role("output", Kind.SIGNAL),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return ()

    def observed(self, layer, inputs, weights):
        return {
            "weight": weights["scale"],
            "bias": weights["shift"],
            "output": layer.forward(inputs, weights),
        }

    def output(self, layer, inputs, formats):
        return formats["output"]

    @property
    def steps(self):
        return (Step(("weight", "bias", "output"), self._scale),)

    @staticmethod
    def _scale(parts):
        return Scale(
            parts.inputs[0], parts.array("scale"), parts.array("shift"), parts.formats["output"]
        )

    def integer(self, parts):
        return Affine(self._scale(parts), tuple(parts.shapes[0]))


QUANTISER = _AffineQuantiser()
