"""Values at the signal nodes of an integer model, with what each narrowing clips."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.rounding import Rounding
from build_decoder.quant.weighted_layer import WeightedLayer

__all__ = ["Traced", "trace"]


class Traced(NamedTuple):
    """Values of a signal node.

    Attributes
    ----------
    name
        Of the input or the layer.
    role
        ``output`` for what an input or a layer gives, else the role, such as ``sum``.
    format
        Its format.
    raw
        Int64 (samples, ...).
    clipped
        How many of the values lay outside of the format before they were narrowed to it; None
        where that is not known.
    """

    name: str
    role: str
    format: QFormat
    raw: np.ndarray
    clipped: int | None = None


def trace(
    model: IntegerModel, x_raw: np.ndarray, *, steps: int | None = None
) -> Iterator[Traced]:
    """Values at the inputs and layers of ``model``, in data-flow order.

    Of dense layers and convolutions there are the accumulator and the sum too; of other layers, the
    output alone.

    Parameters
    ----------
    x_raw
        Raw inputs (samples, inputs).
    steps
        As for `IntegerModel.compute`.
    """
    values = model.values(x_raw, steps=steps)
    for item in model.inputs:
        yield Traced(item.name, "output", item.format, values[item.name])
    for node in model.nodes:
        if isinstance(node.layer, WeightedLayer):
            yield from _sums(node, values[node.inputs[0]])
        yield Traced(node.name, "output", node.layer.output, values[node.name])


def _sums(node: ModelNode, taken: np.ndarray) -> Iterator[Traced]:
    """Accumulator and sum of a layer that takes raw values ``taken``."""
    layer = node.layer
    exact = layer.operations[0].compute(taken).astype(np.int64)
    fraction = layer.products.fraction
    accumulated = layer.accumulator.narrow(exact, fraction, Rounding.HALF_UP)
    clipped = _outside(exact, fraction, layer.accumulator)
    yield Traced(node.name, "accumulator", layer.accumulator, accumulated, clipped)
    aligned = layer.biased_sum.aligned_fraction
    biased = accumulated << (aligned - layer.accumulator.fraction)
    biased += layer.biases << (aligned - layer.bias.fraction)
    summed = layer.sum.narrow(biased, aligned, Rounding.HALF_UP)
    yield Traced(node.name, "sum", layer.sum, summed, _outside(biased, aligned, layer.sum))


def _outside(raw: np.ndarray, fraction: int, format: QFormat) -> int:
    """How many raw values leave the format once they are rounded to its fraction."""
    rounded = Rounding.HALF_UP.shift(raw, fraction - format.fraction)
    return int(np.count_nonzero((rounded < format.min_raw) | (rounded > format.max_raw)))
