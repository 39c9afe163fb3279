"""What a dense layer's memories hold where weights and biases are written at run time."""

from dataclasses import replace

import numpy as np

from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.weight_rows import from_rows, weight_rows
from build_decoder.hdl.planning.writable import Writable, bits_of, values_of
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat

__all__ = ["DenseMemories"]


class DenseMemories:
    """Two memories: a row of weights a beat, and a row of biases a transfer out.

    A stored bias is the layer's ``stored_biases`` without the lowest bits that are the same in all
    of them, which are the rounding constant's.

    Attributes
    ----------
    parameters : Dense
        The layer.
    folding : Folding
        Inputs and neurons a cycle.
    neurons, lanes, groups_in_frame : int
        Neurons of a pass, outputs of a transfer, and transfers of a frame out.
    beats, passes : int
        Rows of weights of a pass, and passes.
    """

    parameters: Dense
    folding: Folding
    neurons: int
    lanes: int
    groups_in_frame: int
    beats: int
    passes: int

    def rows_of(self, weights: np.ndarray) -> np.ndarray:
        """Raw weights (rows, inputs_per_cycle, neurons), a row a beat, of (inputs, units); what is
        too much of a row is zero."""
        return weight_rows(weights, self.folding.inputs_per_cycle, self.neurons)

    def weights_of(self, rows: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`rows_of`."""
        return from_rows(rows, self.parameters.weights.shape)

    @property
    def written_weights(self) -> Writable:
        """The memory of weights."""
        p, folding = self.parameters, self.folding
        return Writable(
            "weight",
            self.beats * self.passes,
            folding.inputs_per_cycle * self.neurons * p.weight.width,
            f"{folding} {p.weight} in sums of {p.exact}",
        )

    def weight_bits(self, weights: np.ndarray) -> np.ndarray:
        """What the memory of weights has of raw ``weights`` (inputs, units): bool (rows, width)."""
        rows = self.rows_of(weights)
        return bits_of(rows.reshape(len(rows), -1), self.parameters.weight.width)

    def weights_held(self, bits: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`weight_bits`."""
        weight = self.parameters.weight
        rows = values_of(bits, weight.width, weight.signed)
        return self.weights_of(
            rows.reshape(len(rows), self.folding.inputs_per_cycle, self.neurons)
        )

    @property
    def constant_bits(self) -> tuple[int, int]:
        """How many lowest bits of stored biases are constant, and their value."""
        return self._shift, self._half & (1 << self._shift) - 1

    @property
    def stored_bias(self) -> QFormat:
        """Of all stored biases without their constant bits, as integers, by the biases' format."""
        format = self.parameters.bias
        low, high = format.min_raw + self._offset, format.max_raw + self._offset
        return QFormat.for_raw_range(min(low, 0), max(high, 0), fraction=0, signed=low < 0)

    @property
    def written(self) -> tuple[Writable, Writable]:
        """The two memories: weights, biases."""
        p = self.parameters
        return (
            self.written_weights,
            Writable(
                "bias",
                self.groups_in_frame,
                self.lanes * self.stored_bias.width,
                f"{p.bias} in sums of {p.biased}",
            ),
        )

    def contents(self, layer: Dense) -> tuple[np.ndarray, np.ndarray]:
        """Bits of all rows of both memories, bool (rows, width), that make it compute ``layer``.

        Raises
        ------
        ValueError
            If weights or biases are outside of their formats, or sums of what adds them; the
            message starts with the neuron.
        """
        p = self.parameters
        _check_range("weights", layer.weights, p.weight)
        _check_range("biases", layer.biases[None], p.bias)
        self._check_sums(layer)
        biases = np.zeros(self.groups_in_frame * self.lanes, dtype=np.int64)
        biases[: p.units] = layer.biases + self._offset
        return (
            self.weight_bits(layer.weights),
            bits_of(biases.reshape(-1, self.lanes), self.stored_bias.width),
        )

    def holding(self, contents: tuple[np.ndarray, np.ndarray]) -> Dense:
        """The layer that it computes with these rows: the inverse of :meth:`contents`."""
        p, format = self.parameters, self.stored_bias
        weights, biases = contents
        raw = values_of(biases, format.width, format.signed).reshape(-1)[: p.units]
        return replace(p, weights=self.weights_held(weights), biases=raw - self._offset)

    @property
    def _shift(self) -> int:
        """Fraction bits that stored biases have and biases have not."""
        p = self.parameters
        return p.biased_sum.aligned_fraction - p.bias.fraction

    @property
    def _half(self) -> int:
        """The rounding constant that comes with biases."""
        p = self.parameters
        return int(p.stored_biases[0]) - (int(p.biases[0]) << self._shift)

    @property
    def _offset(self) -> int:
        """What of it is added to biases, in their own steps."""
        return self._half >> self._shift

    def _check_sums(self, layer: Dense) -> None:
        p, products = self.parameters, layer.products
        lowest, highest = p.exact.min_raw, p.exact.max_raw - p.rounding_constant
        for neuron, (low, high) in enumerate(zip(products.lows, products.highs, strict=True)):
            if low < lowest or high > highest:
                raise ValueError(
                    f"neuron {neuron}: expected weights whose sums keep to {p.exact}, raw {lowest} "
                    f"to {highest}, got {low} to {high}"
                )


def _check_range(name: str, raw: np.ndarray, format: QFormat) -> None:
    """Raise `ValueError` unless raw values (terms, neurons) are in ``format``."""
    outside = (raw < format.min_raw) | (raw > format.max_raw)
    if outside.any():
        neuron = int(outside.any(axis=0).argmax())
        value = int(raw[outside[:, neuron].argmax(), neuron])
        raise ValueError(
            f"neuron {neuron}: expected {name} in {format}, raw {format.min_raw} to "
            f"{format.max_raw}, got {value}"
        )
