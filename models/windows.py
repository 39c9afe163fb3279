"""Windows that slide over rows and columns with ``same`` padding, as TensorFlow places them."""

import numpy as np

__all__ = ["pad_same"]


def pad_same(x: np.ndarray, size: tuple[int, int], stride: tuple[int, int], fill: float):
    """`x`, (samples, rows, columns, channels), with what ``same`` padding adds around it.

    The output has ceil(rows / stride) rows. Where an odd number of rows is missing, the larger
    half goes below.
    """
    pads = [(0, 0)]
    for length, window, step in zip(x.shape[1:3], size, stride, strict=True):
        missing = max((-(-length // step) - 1) * step + window - length, 0)
        pads.append((missing // 2, missing - missing // 2))
    return np.pad(x, [*pads, (0, 0)], constant_values=fill)
