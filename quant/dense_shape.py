"""Sizes of a dense layer, whatever its arithmetic is."""

import numpy as np

__all__ = ["DenseShape"]


class DenseShape:
    """What follows from the shape of a dense layer's weights.

    Attributes
    ----------
    weights : ndarray
        Of (inputs, units).
    """

    weights: np.ndarray

    @property
    def input_count(self) -> int:
        """Inputs of the layer."""
        return self.weights.shape[0]

    @property
    def units(self) -> int:
        """Neurons, which are outputs, of the layer."""
        return self.weights.shape[1]

    @property
    def output_shape(self) -> tuple[int]:
        """A value a unit."""
        return (self.units,)
