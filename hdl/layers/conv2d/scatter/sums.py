"""Sums that are open: which of them an input is added to, in which order, and what they take."""

from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.layers.dense.plan import DensePlan

__all__ = ["OpenSums"]


@dataclass(frozen=True)
class OpenSums(DensePlan):
    """The dense layer of a window, whose sums lie in a memory while inputs come.

    Inputs come block by block, a block of one column. Each is multiplied with the weights of all
    ``taps`` columns of a window, the last one first: that is the oldest of the open outputs. The
    filters of a tap take ``passes`` beats, so that a block takes ``taps * passes``.

    Parameters
    ----------
    taps
        Columns of a window. Weights are (taps * channels, filters), the channels of each tap filled
        up with zeros to whole blocks.
    """

    taps: int = 1

    @property
    def units_accumulate(self) -> bool:
        """Never: units give products, and sums are in a memory."""
        return False

    @property
    def block_beats(self) -> int:
        """Cycles of a block of inputs, which are the rows of the memory of sums."""
        return self.taps * self.passes

    @property
    def blocks(self) -> int:
        """Blocks of a column."""
        return self.beats // self.taps

    @property
    def finished_places(self) -> int:
        """Beats whose finished sums can wait until they leave, so that a column's need not wait for
        each other."""
        return 1 << (self.passes + self.sums_latency - 1).bit_length()

    def rows_of(self, weights: np.ndarray) -> np.ndarray:
        inputs, neurons = self.folding.inputs_per_cycle, self.neurons
        filters = weights.shape[1]
        padded = np.zeros((len(weights), self.passes * neurons), dtype=np.int64)
        padded[:, :filters] = weights
        rows = padded.reshape(self.taps, self.blocks, inputs, self.passes, neurons)
        return rows[::-1].transpose(1, 0, 3, 2, 4).reshape(-1, inputs, neurons)

    def weights_of(self, rows: np.ndarray) -> np.ndarray:
        inputs, neurons = self.folding.inputs_per_cycle, self.neurons
        parts = rows.reshape(self.blocks, self.taps, self.passes, inputs, neurons)
        padded = parts.transpose(1, 0, 3, 2, 4)[::-1].reshape(-1, self.passes * neurons)
        return padded[:, : self.units]
