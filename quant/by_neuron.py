"""What follows from the weights of each neuron alone, found once."""

from collections.abc import Callable, Hashable

import numpy as np

from build_decoder.quant.remembered_arrays import RememberedArrays

__all__ = ["ByNeuron"]

_REMEMBERED_BYTES = 1 << 28
"""Bytes of results that are kept."""


class ByNeuron:
    """A column of results for each neuron, for networks that have neurons in common, as those have
    that were pruned from one another."""

    def __init__(self):
        self._numbers: dict[bytes, int] = {}
        self._columns = RememberedArrays(_REMEMBERED_BYTES)

    def of(
        self, weights: np.ndarray, how: Hashable, find: Callable[[list[int]], np.ndarray]
    ) -> np.ndarray:
        """Results (..., neurons) of neurons with ``weights`` (inputs, neurons).

        Parameters
        ----------
        how
            What they depend on besides weights.
        find
            ``find(neurons)`` gives those (..., neurons) of neurons of these numbers.
        """
        keys = [
            (self._numbers.setdefault(neuron.tobytes(), len(self._numbers)), how)
            for neuron in weights.T
        ]
        found = [self._columns.get(key) for key in keys]
        new = [index for index, column in enumerate(found) if column is None]
        if new:
            columns = np.moveaxis(find(new), -1, 0)
            for index, column in zip(new, columns, strict=True):
                found[index] = column.copy()
                self._columns.put(keys[index], found[index])
        return np.stack(found, axis=-1)
