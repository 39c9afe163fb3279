"""Signatures as the inputs of a network."""

import numpy as np

from build_decoder.models.architecture import Architecture
from build_decoder.models.nerve_cuff.cuff import NerveCuff

__all__ = ["network_inputs"]


def network_inputs(
    architecture: Architecture, spatial: np.ndarray, cuff: NerveCuff
) -> list[np.ndarray]:
    """Values for each input of the network, in order, float32, (signatures, *shape).

    Parameters
    ----------
    spatial:
        (signatures, channels, samples) with spatial emphasis. The input ``spatial`` takes it as
        it is, ``temporal`` in the other order of contacts, ``contacts`` step by step.
    """
    orders = {
        "spatial": lambda: spatial,
        "temporal": lambda: spatial[:, cuff.temporal_order()],
        "contacts": lambda: spatial.transpose(0, 2, 1),
    }
    return [
        np.ascontiguousarray(orders[item.name]().reshape(-1, *item.shape), np.float32)
        for item in architecture.inputs
    ]
