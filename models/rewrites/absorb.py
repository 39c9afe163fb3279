"""A factor and a term for each channel, taken up by the layers that multiply the values next."""

import numpy as np

from build_decoder.models.architecture import Node
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.stride import Stride
from build_decoder.models.limits import MAX_MAGNITUDE
from build_decoder.models.network import Network
from build_decoder.models.rewrites.edit import is_output, with_weights

__all__ = ["absorbed", "can_be_weights"]


def can_be_weights(*arrays: np.ndarray) -> bool:
    """Whether arrays keep to the magnitude that weights may have."""
    return all(np.all(np.abs(array) <= MAX_MAGNITUDE) for array in arrays)


def absorbed(
    network: Network, name: str, scale: np.ndarray, shift: np.ndarray
) -> tuple[Network, tuple[str, ...]] | None:
    """`network` with other weights: it does on ``v`` what `network` does on ``v * scale + shift``.

    Parameters
    ----------
    name:
        Of the values ``v``, (..., channels); they may be those of a node that is to go.
    scale, shift:
        (channels,).

    Returns
    -------
    The network and the names of the layers with new weights; None if the values are outputs, or
    reach a layer that cannot take up the factors and terms.
    """
    if is_output(network, name):
        return None
    names: list[str] = []
    for taker in network.users(name):
        found = _through(network, name, taker, scale, shift) or _into(network, taker, scale, shift)
        if found is None:
            return None
        network, more = found
        names += (each for each in more if each not in names)
    return network, tuple(names)


def _through(network: Network, name: str, taker: Node, scale: np.ndarray, shift: np.ndarray):
    """`absorbed` behind a layer that gives scaled values for scaled values."""
    match taker.layer:
        case AveragePool() | GlobalAveragePool() | Stride():
            pass
        case MaxPool() if np.all(scale > 0):  # which keeps the largest the largest
            pass
        case Flatten():
            positions = network.shapes[taker.name][0] // len(scale)
            scale, shift = np.tile(scale, positions), np.tile(shift, positions)
        case Concat():
            channels = [network.shapes[taken][-1] for taken in taker.inputs]
            parts = list(zip(taker.inputs, channels, strict=True))
            scale = np.concatenate([scale if part == name else np.ones(n) for part, n in parts])
            shift = np.concatenate([shift if part == name else np.zeros(n) for part, n in parts])
        case _:
            return None
    return absorbed(network, taker.name, scale, shift)


def _into(network: Network, taker: Node, scale: np.ndarray, shift: np.ndarray):
    """`network` with the weights of a layer that multiplies, and its name."""
    weights = taker.weights
    match taker.layer:
        case Affine():
            arrays = {
                "scale": scale * weights["scale"],
                "shift": shift * weights["scale"] + weights["shift"],
            }
        case Conv2d() if taker.layer.kernel != (1, 1):
            if np.any(shift != 0):
                return None  # around the image there are zeros, which have no term
            arrays = {"weights": scale[:, None] * weights["weights"]}
        case Conv2d() | Dense() | Gru() | Lstm():
            products = weights["weights"]
            bias = weights["bias"].copy()
            # A GRU's first row of biases is that of its inputs.
            of_inputs = bias[0] if bias.ndim > 1 else bias
            of_inputs += shift @ products.reshape(len(shift), -1)
            arrays = {"weights": scale[:, None] * products, "bias": bias}
        case _:
            return None
    if not can_be_weights(*arrays.values()):
        return None
    return with_weights(network, taker.name, **arrays), (taker.name,)
