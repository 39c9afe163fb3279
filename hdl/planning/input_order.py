"""The order in which a decoder's inputs come, and what must be put into another order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.models.walk import Walk

__all__ = ["InputOrder", "input_order", "order_of"]


@dataclass(frozen=True)
class InputOrder:
    """The order of the values of a frame in a decoder's input stream.

    Parameters
    ----------
    source
        Name of the input whose values come as they are.
    walk
        Of the values of a sample, as they are given, those that come one after the other; None if
        they come as they are given.
    others
        For each other input that a layer takes, by name, where the values of a block lie in the
        block as it comes; blocks are as small as can be.
    """

    source: str
    walk: Walk | None
    others: dict[str, tuple[int, ...]]


def input_order(inputs: Sequence, taken: Collection[str]) -> InputOrder:
    """The order of the first input that a layer takes.

    Whoever sends values sends them so: a buffer for a whole sample, which only turns its order,
    would keep layers from computing while values come.

    Parameters
    ----------
    inputs
        As `models.architecture.Input` has them: the one that samples give, then others of it.
    taken
        Names of what layers take.

    Raises
    ------
    ValueError
        If no layer takes an input but the one that samples give, or the walk of one leaves out,
        repeats or adds values.
    """
    given, *others = inputs
    orders = {given.name: np.arange(int(np.prod(given.shape)))}
    for item in others:
        if item.name not in taken:
            raise ValueError(f"expected a layer that takes from {item.name}, got none")
        orders[item.name] = item.walk.indices
        if item.of != given.name or sorted(item.walk.indices) != orders[given.name].tolist():
            raise ValueError(
                f"expected inputs that have each value of {given.name} once, got {item.name}"
            )
    first, *rest = (item for item in inputs if item.name in taken)
    places = np.argsort(orders[first.name])
    return InputOrder(
        source=first.name,
        walk=first.walk,
        others={item.name: _block(places[orders[item.name]]) for item in rest},
    )


def order_of(network) -> InputOrder:
    """The same of a network or an integer model: what has ``inputs`` and ``nodes``."""
    return input_order(network.inputs, {name for node in network.nodes for name in node.inputs})


def _block(places: np.ndarray) -> tuple[int, ...]:
    """The smallest block that, moved on by its length again and again, gives all places."""
    for length in range(1, len(places) + 1):
        if len(places) % length == 0:
            blocks = places.reshape(-1, length) - np.arange(0, len(places), length)[:, None]
            inside = blocks.min() >= 0 and blocks.max() < length
            if inside and (blocks == blocks[0]).all():
                return tuple(blocks[0].tolist())
    raise AssertionError("all places are a block")
