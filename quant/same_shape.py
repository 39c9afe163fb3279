"""Whether a network has the layers of another one, whatever its weights."""

from dataclasses import replace

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.network import Network
from build_decoder.quant.formats import place_of

__all__ = ["check_same_constants", "check_same_shape", "named_alike"]


def check_same_shape(origin: Network, network: Network) -> None:
    """Check that ``network`` is ``origin`` but for names and weights.

    Raises
    ------
    InputError
        If it is not; the message names the first layer that differs, and what does.
    """

    def misfit(where: str, expected: object, got: object) -> InputError:
        return InputError.at(
            network.name, where, expected=f"{expected}, as {origin.name} has", got=str(got)
        )

    if len(network.nodes) != len(origin.nodes) or len(network.inputs) != len(origin.inputs):
        raise misfit("", origin.topology, network.topology)
    numbers, others = _numbers(origin), _numbers(network)
    for ours, theirs in zip(origin.inputs, network.inputs, strict=True):
        if ours.shape != theirs.shape:
            raise misfit(f"input {theirs.name!r}", f"shape {ours.shape}", theirs.shape)
        if (ours.walk, ours.of and numbers[ours.of]) != (
            theirs.walk, theirs.of and others[theirs.of]
        ):
            raise misfit(f"input {theirs.name!r}", "values in the same order", "another order")
    for ours, theirs in zip(origin.nodes, network.nodes, strict=True):
        if ours.layer != theirs.layer:
            raise misfit(place_of(network, theirs.name), ours.layer, theirs.layer)
        if [numbers[name] for name in ours.inputs] != [others[name] for name in theirs.inputs]:
            raise misfit(
                place_of(network, theirs.name), f"inputs {', '.join(ours.inputs)}",
                ", ".join(theirs.inputs),
            )


def check_same_constants(origin: Network, network: Network) -> None:
    """Check that weights of layers that are not trained are those of ``origin``, of the same shape.

    Raises
    ------
    InputError
        If they are not; the message names the layer and the first weight that differs.
    """
    for ours, theirs in zip(origin.nodes, network.nodes, strict=True):
        if ours.layer.trained:
            continue
        for name, weights in ours.weights.items():
            differing = np.argwhere(weights != theirs.weights[name])
            if len(differing):
                place = tuple(differing[0].tolist())
                raise InputError.at(
                    network.name, f"layer {theirs.name!r}: {name}{list(place)}",
                    expected=f"{weights[place]:.9g}, as {origin.name} has: weights that are not "
                    "trained are constants of the decoder",
                    got=f"{theirs.weights[name][place]:.9g}",
                )


def named_alike(origin: Network, network: Network) -> Network:
    """``network``, of the same shape as ``origin``, with the names of its inputs and nodes."""
    pairs = [*zip(network.inputs, origin.inputs, strict=True),
             *zip(network.nodes, origin.nodes, strict=True)]
    names = {theirs.name: ours.name for theirs, ours in pairs}
    return replace(
        network,
        inputs=tuple(
            replace(item, name=names[item.name], of=item.of and names[item.of])
            for item in network.inputs
        ),
        nodes=tuple(
            replace(node, name=names[node.name], inputs=tuple(names[name] for name in node.inputs))
            for node in network.nodes
        ),
    )


def _numbers(network: Network) -> dict[str, int]:
    return {item.name: n for n, item in enumerate((*network.inputs, *network.nodes))}
