"""Other weights for a decoder that can be reloaded: for tests, and boards that test themselves."""

from dataclasses import replace

import numpy as np

from build_decoder.quant.integer_model import IntegerModel

__all__ = ["with_other_weights"]


def with_other_weights(model: IntegerModel) -> IntegerModel:
    """A model that any decoder for ``model`` can load: the weights of each sum, and the biases of
    all, trade places; those that are constants stay.

    So every sum keeps to what was built.
    """

    def rolled(raw: np.ndarray) -> np.ndarray:
        terms = raw if raw.ndim == 1 else raw.reshape(-1, raw.shape[-1])
        return np.roll(terms, 1, axis=0).reshape(raw.shape)

    nodes = [
        replace(
            node,
            layer=node.layer.with_arrays(
                {name: rolled(array.raw) for name, array in node.layer.arrays.items()}
            ),
        )
        if node.layer.writable
        else node
        for node in model.nodes
    ]
    return replace(model, name=f"{model.name}, other weights", nodes=tuple(nodes))
