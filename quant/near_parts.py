"""The order in which samples are run: those first that refuse most formats."""

import numpy as np

from build_decoder.models.network import Network
from build_decoder.quant.standard import Standard

__all__ = ["nearest_first"]

_FIRST = (8, 16)
"""Samples of the first parts. What breaks more decisions than a search may break nearly always
breaks one of the few that lie nearest to a boundary."""


def nearest_first(network: Network, standard: Standard) -> list[np.ndarray] | None:
    """Numbers of the samples of each part, those nearest to a boundary first.

    They are samples of golden data if `Standard.near_rows` are, else of `Standard.near_samples`.
    None of networks without images or sequences: all of their samples take little longer than a
    few of them.
    """
    if all(len(shape) == 1 for shape in network.shapes.values()) or standard.near_samples is None:
        return None
    rows, count = standard.near_rows, len(standard.golden)
    if rows is None:
        rows = np.arange(len(standard.near_samples))
        count = len(rows)
    # Each boundary has its samples in the order of their margins.
    places = np.concatenate([np.arange(len(near.samples)) for near in standard.near])
    nearest = np.full(count, count)
    np.minimum.at(nearest, rows, places)
    order = np.argsort(nearest, kind="stable")
    parts = np.split(order, np.cumsum(_FIRST))
    return [np.sort(part) for part in parts if len(part)]
