"""What memories of attention hold where weights and biases are written at run time."""

from dataclasses import replace

import numpy as np

from build_decoder.hdl.layers.attention.scores import Scores
from build_decoder.hdl.planning.writable import Writable, bits_of, values_of
from build_decoder.hdl.planning.writable_arrays import check_writable
from build_decoder.quant.layers.attention import Attention

__all__ = ["AttentionMemories"]


class AttentionMemories:
    """Two memories: a row of weights a transfer of a step, and a bias a step, as it is.

    Attributes
    ----------
    layer : Attention
        The attention.
    scores : Scores
        What makes the products.
    """

    layer: Attention
    scores: Scores

    @property
    def written(self) -> tuple[Writable, Writable]:
        """The two memories: weights, biases."""
        attend, weights = self.layer.attend, self.scores.written_weights
        biased = attend.biased_sum
        return (
            replace(weights, keeps=f"{weights.keeps}: {attend.weights.format}"),
            Writable(
                "bias",
                attend.steps,
                attend.biases.format.width,
                f"{attend.biases.format} in sums of {biased.exact_width} bits, {biased.biased}",
            ),
        )

    def contents(self, layer: Attention) -> tuple[np.ndarray, np.ndarray]:
        """Bits of all rows of both memories, bool (rows, width), that make it compute ``layer``.

        Raises
        ------
        ValueError
            If weights or biases are outside of their formats, or of what a score has room for.
        """
        for name, array in layer.arrays.items():
            check_writable(name, array, self.layer.arrays[name])
        return self.scores.weight_bits(layer.attend.weights.raw), self.bias_bits(layer)

    @staticmethod
    def bias_bits(layer: Attention) -> np.ndarray:
        """What the memory of biases has for ``layer``, bool (steps, width)."""
        biases = layer.attend.biases
        return bits_of(biases.raw, biases.format.width)

    def holding(self, contents: tuple[np.ndarray, np.ndarray]) -> Attention:
        """The layer that it computes with these rows: the inverse of :meth:`contents`."""
        weights, bits = contents
        format = self.layer.attend.biases.format
        return self.layer.with_arrays(
            {
                "weights": self.scores.weights_held(weights),
                "bias": values_of(bits, format.width, format.signed),
            }
        )
