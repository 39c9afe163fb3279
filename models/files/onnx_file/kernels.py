"""Kernels of convolutions with zeros added, which compute the same at other places.

Ours pads with ``(window - 1) // 2`` zeros before and the rest behind. What pads otherwise, leaves
values out between those that it takes, or takes its channels in groups, is one of ours with a
larger kernel: the values added are zeros.
"""

import numpy as np

from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS

__all__ = ["bounded", "dilated", "earlier", "offset", "padded", "ungrouped"]


def bounded(node: Operation, weights: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise `InputError` where a kernel with zeros added would have too many weights."""
    count = int(np.prod(shape, dtype=object))
    if count > MAX_GRAPH_WEIGHTS:
        raise node.error(
            f"at most {MAX_GRAPH_WEIGHTS} weights, the zeros added to {weights.size} counted",
            str(count),
        )


def ungrouped(node: Operation, weights: np.ndarray, groups: int) -> np.ndarray:
    """(filters, all channels, ...) of (filters, channels of a group, ...)."""
    filters, taken, *window = weights.shape
    if groups < 1 or filters % groups:
        raise node.error(f"a number of groups that divides {filters} filters", str(groups))
    shape = (filters, groups * taken, *window)
    bounded(node, weights, shape)
    whole = np.zeros(shape)
    for group, part in enumerate(np.split(weights, groups)):
        rows = slice(group * len(part), (group + 1) * len(part))
        whole[rows, group * taken : (group + 1) * taken] = part
    return whole


def dilated(node: Operation, weights: np.ndarray, steps: list[int]) -> np.ndarray:
    """Zeros between the values of (filters, channels, \\*window), ``step - 1`` along each axis."""
    if min(steps) < 1:
        raise node.error("dilations from 1 up", str(steps))
    window = [
        (size - 1) * step + 1 for size, step in zip(weights.shape[2:], steps, strict=True)
    ]
    shape = (*weights.shape[:2], *window)
    bounded(node, weights, shape)
    spread = np.zeros(shape)
    spread[(slice(None), slice(None), *(slice(None, None, step) for step in steps))] = weights
    return spread


def padded(window: int, low: int, high: int) -> tuple[int, int]:
    """The least window with zeros added that lets ours pad so much before and behind.

    Returns
    -------
    The window, and the zeros before the values in it.
    """
    whole = window
    while True:
        before = (whole - 1) // 2
        for zeros in range(whole - window + 1):
            behind = high + whole - window - zeros
            if low + zeros <= before and behind <= whole - 1 - before:
                return whole, zeros
        whole += 1


def earlier(window: int, places: int) -> tuple[int, int]:
    """The least window with zeros added whose sums come so many places earlier.

    Returns
    -------
    As `padded` gives them.
    """
    whole = window
    while True:
        zeros = places - (window - 1) // 2 + (whole - 1) // 2
        if zeros >= 0 and window + zeros <= whole:
            return whole, zeros
        whole += 1


def offset(
    weights: np.ndarray, axis: int, window: int, zeros: int, node: Operation
) -> np.ndarray:
    """The weights in a window of that size along an axis, after so many zeros."""
    shape = (*weights.shape[:axis], window, *weights.shape[axis + 1 :])
    if shape == weights.shape:
        return weights
    bounded(node, weights, shape)
    larger = np.zeros(shape)
    place = slice(zeros, zeros + weights.shape[axis])
    larger[(*[slice(None)] * axis, place)] = weights
    return larger
