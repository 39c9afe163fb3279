"""Rows of dense layers, permuted for values that come in another order."""

import numpy as np

from build_decoder.models.architecture import Node
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.network import Network
from build_decoder.models.rewrites.edit import is_output, with_weights

__all__ = ["reordered"]


def reordered(
    network: Network, name: str, order: np.ndarray
) -> tuple[Network, tuple[str, ...]] | None:
    """`network` with other weights: it does on ``v[order]`` what `network` does on ``v``.

    Parameters
    ----------
    name:
        Of the values ``v``, which have one axis.
    order:
        Place in ``v`` of each value.

    Returns
    -------
    The network and the names of the dense layers with permuted rows; None if the values are
    outputs, or reach a layer that cannot take them in another order.
    """
    if np.array_equal(order, np.arange(len(order))):
        return network, ()
    if is_output(network, name):
        return None
    names: list[str] = []
    for taker in network.users(name):
        found = _behind(network, name, taker, order)
        if found is None:
            return None
        network, more = found
        names += (each for each in more if each not in names)
    return network, tuple(names)


def _behind(network: Network, name: str, taker: Node, order: np.ndarray):
    arrays = taker.weights
    match taker.layer:
        case Dense():
            rows = arrays["weights"][order]
            return with_weights(network, taker.name, weights=rows), (taker.name,)
        case Concat():
            return reordered(network, taker.name, _joined(network, name, taker, order))
        case Affine():
            permuted = {key: array[order] for key, array in arrays.items()}
            return reordered(with_weights(network, taker.name, **permuted), taker.name, order)
        case Softmax():
            return reordered(network, taker.name, order)
    return None


def _joined(network: Network, name: str, concat: Node, order: np.ndarray) -> np.ndarray:
    """The order of the values of a concat, one input of which has its values in `order`."""
    parts, start = [], 0
    for taken in concat.inputs:
        (count,) = network.shapes[taken]
        parts.append(start + (order if taken == name else np.arange(count)))
        start += count
    return np.concatenate(parts)
