"""Radial basis functions in integers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.activation import Activation
from build_decoder.quant.layer import ActivationRole, IntegerLayer, Kind, Role, Signal, Step
from build_decoder.quant.operations.distances import Distances, GaussianUnits
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat

__all__ = ["DECAY", "QUANTISER", "Rbf"]

DECAY = Activation("exp_minus", lambda x: np.exp(-np.maximum(x, 0.0)))
"""Of a scaled square of a distance, which is never negative."""


@dataclass(frozen=True, eq=False)
class Rbf(IntegerLayer):
    """Gaussian units: :class:`~quant.operations.distances.Distances`, then
    :class:`~quant.operations.distances.GaussianUnits`.

    Parameters
    ----------
    units
        Formats, centres and scales.

    Raises
    ------
    ValueError
        If shapes do not match or anything is wider than the widest format.
    """

    units: GaussianUnits

    def __post_init__(self):
        self.units.check()

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.units.distances.input,)

    @property
    def output(self) -> QFormat:
        """Format of the output."""
        return self.units.activation.output

    @property
    def output_shape(self) -> tuple[int]:
        """A value a unit."""
        return (len(self.units.scales.raw),)

    @property
    def operations(self):
        """Distances, then what units make of them."""
        return (self.units.distances, self.units)

    @property
    def activations(self):
        """One."""
        return (self.units.activation,)

    @property
    def arrays(self) -> Mapping[str, RawArray]:
        """Centres and scales."""
        return {"centres": self.units.distances.centres, "scale": self.units.scales}

    def with_arrays(self, raw):
        distances = self.units.distances
        centres = replace(distances.centres, raw=raw["centres"])
        scales = replace(self.units.scales, raw=raw["scale"])
        distances = replace(distances, centres=centres)
        return replace(self, units=replace(self.units, distances=distances, scales=scales))

    @property
    def signals(self) -> tuple[Signal, ...]:
        """All roles."""
        units, centres = self.units, self.units.distances.centres
        inputs, count = centres.raw.shape
        return (
            Signal("input", units.distances.input, inputs),
            Signal("weight", centres.format, centres.raw.size),
            Signal("scale", units.scales.format, count),
            Signal("sum", units.activation.input, count),
            Signal("output", self.output, count),
        )

    def digest(self) -> bytes:
        return identity(self)


class _RbfQuantiser:
    """See :class:`quant.layer.LayerQuantiser`."""

    name = "rbf"
    arrays = {"centres": "weight", "scale": "scale"}
    _ROLES = (
        Role("weight", Kind.WEIGHT),
        Role("scale", Kind.WEIGHT),
        Role("sum", Kind.SIGNAL, signed=False),
        Role("output", Kind.SIGNAL, signed=False, approached=True),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return (ActivationRole(DECAY, "sum", "output"),)

    def observed(self, layer, inputs, weights):
        scaled = layer.scaled(inputs[0], weights)
        return {
            "weight": weights["centres"],
            "scale": weights["scale"],
            "sum": scaled,
            "output": np.exp(-scaled),
        }

    def output(self, layer, inputs, formats):
        return formats["output"]

    @property
    def steps(self):
        return (
            Step(("weight",), self._distances),
            Step(("scale", "sum", "output"), self._units),
        )

    @staticmethod
    def _distances(parts):
        return Distances(parts.inputs[0], parts.array("centres"))

    def _units(self, parts):
        formats = parts.formats
        return GaussianUnits(
            self._distances(parts), parts.array("scale"),
            parts.forms(DECAY, formats["sum"], formats["output"]),
        )  # fmt: skip

    def integer(self, parts):
        return Rbf(self._units(parts))


QUANTISER = _RbfQuantiser()
