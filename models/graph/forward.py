"""What an architecture computes, in float64: the float reference of its hardware."""

from collections.abc import Mapping

import numpy as np

from build_decoder.models.graph.architecture import Architecture, Weights
from build_decoder.models.graph.layer import Mismatch

__all__ = ["forward"]


def forward(
    architecture: Architecture, weights: Weights, x: Mapping[str, np.ndarray]
) -> np.ndarray:
    """From one (samples, ...) for each input, by its name, to (samples, ...) of the output.

    Raises
    ------
    Mismatch
        The weights or inputs are not those of the architecture.
    """
    architecture.check_weights(weights)
    tensors = {}
    for item in architecture.inputs:
        if item.name not in x:
            raise Mismatch("samples", "none", f"input {item.name!r}")
        tensor = np.asarray(x[item.name], dtype=np.float64)
        if tensor.shape[1:] != item.shape:
            expected = f"shape (samples, {', '.join(map(str, item.shape))})"
            raise Mismatch(expected, tensor.shape, f"input {item.name!r}")
        tensors[item.name] = tensor
    for node in architecture.nodes:
        inputs = [tensors[name] for name in node.inputs]
        tensors[node.name] = node.layer.forward(inputs, weights.get(node.name, {}))
    return tensors[architecture.nodes[-1].name]
