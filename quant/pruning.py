"""Leaves out neurons that a decoder can do without."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from build_decoder.models.network import Network

__all__ = ["common_pruning_path", "linear_layers_reduced", "pruning_path", "without_neuron"]

_LEAST_SPREAD = 1e-9
"""A component below this fraction of the root mean square is taken for rounding errors."""

_DAMPING = 0.05
"""Variance that is added to every neuron, in units of the mean variance, for variations that the
samples do not show."""


def pruning_path(network: Network, x: np.ndarray) -> Iterator[Network]:
    """``network`` with one hidden neuron less, with two less, and so on, to one a layer.

    Linear layers are reduced first: :func:`linear_layers_reduced`. Then always the neuron goes that
    does least harm for each multiplication saved, which are those with its own inputs and those of
    its output in the next layer. The harm is the change of the next layer's sums, in units of their
    variances, after the other neurons have made up for it as well as they can
    (:func:`without_neuron`).

    Parameters
    ----------
    x
        Inputs on which harm is measured.

    Yields nothing for a network that is no chain of dense layers.
    """
    return (pruned for (pruned,) in common_pruning_path([(network, x)]))


def common_pruning_path(
    cases: Sequence[tuple[Network, np.ndarray]], *, least: Sequence[int] | None = None
) -> Iterator[tuple[Network, ...]]:
    """:func:`pruning_path` of several networks of the same sizes, which stay the same: a layer
    loses a neuron of each where the greatest harm of them all is least.

    Parameters
    ----------
    cases
        Each network, and inputs (samples, inputs) of its own on which its harm is measured.
    least
        Neurons that each hidden layer keeps; default: one.
    """
    if not all(network.is_dense_chain for network, _ in cases):
        return
    hidden = range(len(cases[0][0].layers) - 1)
    least = [1 for _ in hidden] if least is None else least
    common = [
        max(sizes)
        for sizes in zip(*(_sizes(linear_layers_reduced(*case)) for case in cases), strict=True)
    ]
    kept = [max(pair) for pair in zip(common, least, strict=True)]
    networks = [linear_layers_reduced(*case, least=kept) for case in cases]
    if any(now is not was for now, (was, _) in zip(networks, cases, strict=True)):
        yield tuple(networks)
    outputs = [_hidden(network, x) for network, (_, x) in zip(networks, cases, strict=True)]
    while True:
        candidates = []
        for index in hidden:
            layer, after = networks[0].layers[index : index + 2]
            if layer.units <= least[index]:
                continue
            saved = layer.input_count + after.units
            harms = [
                _harm(held[index], network.layers[index + 1].weights)
                for network, held in zip(networks, outputs, strict=True)
            ]
            neurons = [int(np.argmin(harm)) for harm in harms]
            worst = max(harm[neuron] for harm, neuron in zip(harms, neurons, strict=True))
            candidates.append((worst / saved, index, neurons))
        if not candidates:
            return
        _, index, neurons = min(candidates)
        for number, neuron in enumerate(neurons):
            held = outputs[number]
            networks[number] = without_neuron(networks[number], index, neuron, held[index])
            held[index] = np.delete(held[index], neuron, axis=1)
            for later in range(index + 1, len(held)):
                held[later] = networks[number].layers[later].forward(held[later - 1])
        yield tuple(networks)


def _sizes(network: Network) -> list[int]:
    return [layer.units for layer in network.layers[:-1]]


def _hidden(network: Network, x: np.ndarray) -> list[np.ndarray]:
    """Outputs (samples, units) of each hidden layer."""
    outputs = []
    for layer in network.layers[:-1]:
        outputs.append(layer.forward(outputs[-1] if outputs else x))
    return outputs


def linear_layers_reduced(
    network: Network, x: np.ndarray, *, least: Sequence[int] | None = None
) -> Network:
    """``network`` with as few neurons in linear hidden layers as give the same outputs.

    A linear layer can be replaced by any basis of the values that the next layer's sums take from
    it. It becomes their principal components on inputs ``x`` (samples, inputs), centred and of the
    same variance, so that all of them make equal use of one format.

    Parameters
    ----------
    least
        Neurons that each hidden layer keeps, though some do nothing; default: one.
    """
    layers = list(network.layers)
    for index in range(len(layers) - 1):
        layer, after = layers[index : index + 2]
        before, x = x, layer.forward(x)
        if layer.activation != "linear":
            continue
        taken = x @ after.weights
        _, spread, basis = np.linalg.svd(taken - taken.mean(axis=0), full_matrices=False)
        rank = min(int((spread > _LEAST_SPREAD * np.linalg.norm(taken)).sum()), layer.units)
        if not rank:
            continue
        scale = x.std() * np.sqrt(len(x)) / spread[:rank]
        idle = max(min(least[index] if least else 1, layer.units) - rank, 0)
        components = np.pad(after.weights @ basis[:rank].T * scale, ((0, 0), (0, idle)))
        mean = x.mean(axis=0) @ components
        back = np.pad(basis[:rank] / scale[:, None], ((0, idle), (0, 0)))
        layers[index] = replace(
            layer,
            units=rank + idle,
            weights=layer.weights @ components,
            bias=layer.bias @ components - mean,
        )
        layers[index + 1] = replace(after, weights=back, bias=after.bias + mean @ back)
        x = layers[index].forward(before)
    if all(now is was for now, was in zip(layers, network.layers, strict=True)):
        return network
    return network.with_layers(layers)


def without_neuron(
    network: Network, index: int, neuron: int, hidden: np.ndarray
) -> Network:
    """``network`` without a neuron of layer ``index``; the other neurons take over its part.

    The next layer's weights change so that the neuron's own become zero and its sums change least
    in the mean square on ``hidden``, the layer's outputs (samples, units): optimal brain surgery on
    a neuron. The remaining change of the mean goes into the bias.
    """
    layer, after = network.layers[index : index + 2]
    inverse = _inverse_covariance(hidden)
    taken_over = np.outer(inverse[:, neuron] / inverse[neuron, neuron], after.weights[neuron])
    weights = after.weights - taken_over
    layers = list(network.layers)
    layers[index] = replace(
        layer,
        units=layer.units - 1,
        weights=np.delete(layer.weights, neuron, axis=1),
        bias=np.delete(layer.bias, neuron),
    )
    layers[index + 1] = replace(
        after,
        weights=np.delete(weights, neuron, axis=0),
        bias=after.bias + hidden.mean(axis=0) @ taken_over,
    )
    return network.with_layers(layers)


def _harm(hidden: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Harm (units,) of each neuron's removal."""
    centred = hidden - hidden.mean(axis=0)
    variance = np.mean(np.square(centred @ weights), axis=0)
    variance = np.where(variance > 0, variance, 1.0)
    share = np.sum(np.square(weights) / variance, axis=1)
    return share / np.diag(_inverse_covariance(hidden))


def _inverse_covariance(hidden: np.ndarray) -> np.ndarray:
    centred = hidden - hidden.mean(axis=0)
    covariance = centred.T @ centred / len(hidden)
    damping = _DAMPING * np.diag(covariance).mean() or 1.0
    covariance[np.diag_indices_from(covariance)] += damping
    return np.linalg.inv(covariance)
