"""Sizes of a convolution, whatever its arithmetic is."""

import numpy as np

from build_decoder.models.layer import Shape

__all__ = ["ConvolutionShape"]


class ConvolutionShape:
    """What follows from the shapes of a convolution's input and weights: of stride 1, with ``same``
    padding.

    Attributes
    ----------
    shape : tuple of int
        Rows, columns and channels of the input.
    weights : ndarray
        Of (kernel rows, kernel columns, channels, filters).
    biases : ndarray
        Of (filters,).
    """

    shape: Shape
    weights: np.ndarray
    biases: np.ndarray

    def check_shapes(self) -> None:
        """Raise `ValueError` unless weights and biases are those of such an input."""
        if self.weights.ndim != 4 or self.weights.shape[2] != self.shape[2]:
            raise ValueError(
                f"expected weights (rows, columns, {self.shape[2]}, filters), got "
                f"{self.weights.shape}"
            )
        if self.biases.shape != self.weights.shape[3:]:
            raise ValueError(
                f"expected biases {self.weights.shape[3:]}, got {self.biases.shape}"
            )

    @property
    def output_shape(self) -> Shape:
        """Rows, columns and filters."""
        return (*self.shape[:2], self.weights.shape[3])
