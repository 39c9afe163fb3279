"""Other weights than those of a build, for the self-test of a reloadable decoder."""

from dataclasses import replace

import numpy as np

from build_decoder.boards.pynq.steps import Golden
from build_decoder.hdl.planning.image import ImageLayout

__all__ = ["other_weights"]


def other_weights(images: ImageLayout, x_raw: np.ndarray) -> Golden:
    """An image of other weights, and what they make of ``x_raw`` (samples, inputs).

    Each weight goes to the next input: every neuron keeps its weights, so that its sums stay within
    what was built.
    """
    nodes = [
        replace(node, layer=replace(node.layer, weights=np.roll(node.layer.weights, 1, axis=0)))
        if node.name in images.plans and images.plans[node.name].memories
        else node
        for node in images.built.nodes
    ]
    model = replace(images.built, nodes=tuple(nodes))
    return Golden(x_raw, model.compute(x_raw), images.image(model))
