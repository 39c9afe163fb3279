"""What memories of a layer with a cell hold where weights and biases are written at run time."""

from dataclasses import replace

import numpy as np

from build_decoder.hdl.planning.weight_rows import from_rows, weight_rows
from build_decoder.hdl.planning.writable import Writable, bits_of, values_of
from build_decoder.hdl.planning.writable_arrays import check_writable
from build_decoder.hdl.recurrent.step_sums import StepSums, by_gate, by_unit, weights_of_cell
from build_decoder.quant.operations.span import Span
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["RecurrentMemories"]


class RecurrentMemories:
    """Two memories: a row of weights a beat of a step, and a row of biases a group of sums.

    Biases are stored as they are, all of those that a sum has.

    Attributes
    ----------
    gates : int
        Sums of a unit.
    layer : RecurrentLayer
        The layer.
    sums : StepSums
        The dense layer that makes a step's sums.
    exact : tuple of Span
        Ranges of all that the cell computes exactly of sums and biases.
    """

    gates: int
    layer: RecurrentLayer
    sums: StepSums
    exact: tuple[Span, ...]

    @property
    def bias_terms(self) -> int:
        """Biases of a sum."""
        return len(self.layer.cell.biases.matrix) if self.layer.cell.biases.raw.ndim > 1 else 1

    @property
    def written(self) -> tuple[Writable, Writable]:
        """The two memories: weights, biases."""
        cell, sums = self.layer.cell, self.sums
        weights = sums.written_weights
        formats = f"{cell.weights.format} of inputs and {cell.recurrent.format} of states"
        exact = ", ".join(str(span.format) for span in self.exact)
        return (
            replace(weights, keeps=f"{weights.keeps}: {formats}"),
            Writable(
                "bias",
                sums.groups_in_frame,
                self.bias_terms * sums.lanes * cell.biases.format.width,
                f"{self.bias_terms} x {cell.biases.format} in sums of {exact}",
            ),
        )

    def contents(self, layer: RecurrentLayer) -> tuple[np.ndarray, np.ndarray]:
        """Bits of all rows of both memories, bool (rows, width), that make it compute ``layer``.

        Raises
        ------
        ValueError
            If weights or biases are outside of their formats, or of what sums have room for; the
            message starts with the sum.
        """
        for name, array in layer.arrays.items():
            check_writable(name, array, self.layer.arrays[name])
        return self.sums.weight_bits(weights_of_cell(layer.cell, self.gates)), self.bias_bits(layer)

    def bias_bits(self, layer: RecurrentLayer) -> np.ndarray:
        """What the memory of biases has for ``layer``, bool (rows, width)."""
        biases = layer.cell.biases
        terms = by_unit(biases.raw.reshape(self.bias_terms, -1), self.gates)
        rows = weight_rows(terms, self.bias_terms, self.sums.lanes)
        return bits_of(rows.reshape(len(rows), -1), biases.format.width)

    def holding(self, contents: tuple[np.ndarray, np.ndarray]) -> RecurrentLayer:
        """The layer that it computes with these rows: the inverse of :meth:`contents`."""
        weights, bits = contents
        cell, lanes = self.layer.cell, self.sums.lanes
        weights = by_gate(self.sums.weights_held(weights), self.gates)
        format, channels = cell.biases.format, len(cell.weights.raw)
        rows = values_of(bits, format.width, format.signed)
        terms = from_rows(
            rows.reshape(len(rows), self.bias_terms, lanes), (self.bias_terms, weights.shape[1])
        )
        return self.layer.with_arrays(
            {
                "weights": weights[:channels],
                "recurrent": weights[channels:],
                "bias": by_gate(terms, self.gates).reshape(cell.biases.raw.shape),
            }
        )
