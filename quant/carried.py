"""Recurrent layers of continuous networks in the search: states are carried from sample to
sample."""

from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.carried import Carried
from build_decoder.quant.layer import LayerQuantiser, Operation, Parts, Step

__all__ = ["CarriedQuantiser", "InSequences"]


@dataclass(frozen=True, eq=False)
class InSequences:
    """Runs an operation that takes sequences on samples that follow in time.

    Parameters
    ----------
    operation
        Takes (sequences, steps, sums) and gives (sequences, steps, units).
    layer
        Says which samples are a sequence, and the shape that each has in the end.
    """

    operation: Operation
    layer: Carried

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs (samples, ...) of raw sums (samples, 1, sums)."""
        return self.layer.samples(self.operation.compute(self.layer.sequences(raw)))


@dataclass(frozen=True)
class CarriedQuantiser:
    """See :class:`quant.layer.LayerQuantiser`.

    Parameters
    ----------
    inner
        That of the layer, of which it is a :class:`quant.recurrent.RecurrentQuantiser`.
    """

    inner: LayerQuantiser

    @property
    def name(self):
        return self.inner.name

    @property
    def arrays(self):
        return self.inner.arrays

    def roles(self, layer):
        return self.inner.roles(layer.layer)

    def activations(self, layer):
        return self.inner.activations(layer.layer)

    def observed(self, layer, inputs, weights):
        x = layer.sequences(inputs[0])
        held = dict(self.inner.observed(layer.over_steps, [x], weights))
        held["output"] = layer.samples(held["output"])
        return held

    def output(self, layer, inputs, formats):
        return self.inner.output(layer.layer, inputs, formats)

    @property
    def steps(self):
        products, recurrence = self.inner.steps
        return (
            Step(products.roles, lambda parts: products.make(_over_steps(parts))),
            Step(
                recurrence.roles,
                lambda parts: InSequences(recurrence.make(_over_steps(parts)), parts.layer),
            ),
        )

    def integer(self, parts):
        layer = parts.layer.layer
        return replace(self.inner.integer(replace(parts, layer=layer)), continuous=True)


def _over_steps(parts: Parts) -> Parts:
    return replace(parts, layer=parts.layer.over_steps)
