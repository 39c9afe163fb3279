"""Weights as signed binary digits."""

import numpy as np

__all__ = ["digits_of"]


def digits_of(weights: np.ndarray) -> np.ndarray:
    """Digits -1, 0 and 1 of integers, int8 (..., digits), the least first: as few as there can be,
    none of them -1 where plain binary digits of the absolute value are as few."""
    size = np.abs(weights).astype(np.int64)
    count = int(size.max(initial=0)).bit_length() + 1
    places = np.arange(count)
    plain = (size[..., None] >> places) & 1
    # The digits of 3 times a number that its own are not: of no two neighbours both are there.
    triple = 3 * size
    fewest = ((triple[..., None] >> (places + 1)) & 1) - ((size[..., None] >> (places + 1)) & 1)
    few = np.abs(fewest).sum(axis=-1) < plain.sum(axis=-1)
    chosen = np.where(few[..., None], fewest, plain)
    return (chosen * np.sign(weights)[..., None]).astype(np.int8)
