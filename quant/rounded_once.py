"""Weights that several networks have in common, rounded once."""

import numpy as np

from build_decoder.quant.error_feedback import ErrorFeedback, feedback_of
from build_decoder.quant.remembered_arrays import RememberedArrays

__all__ = ["RoundedOnce"]

_REMEMBERED_BYTES = 1 << 28
"""Bytes of rounded weights that are kept."""


class RoundedOnce(ErrorFeedback):
    """Error feedback that rounds the weights of a neuron, which no other neuron's change, to a
    format once: a network has those that it was pruned to from another one.

    Parameters
    ----------
    feedback
        Rounds what was not rounded yet.
    """

    def __init__(self, feedback: ErrorFeedback):
        self.mean = feedback.mean
        self._feedback = feedback
        self._numbers: dict[bytes, int] = {}
        self._rounded = RememberedArrays(_REMEMBERED_BYTES)

    @classmethod
    def by_samples(cls, x: np.ndarray) -> "RoundedOnce":
        """By samples ``x`` (samples, inputs)."""
        return cls(feedback_of(x))

    def rounded(self, weights, format):
        numbers = [
            self._numbers.setdefault(neuron.tobytes(), len(self._numbers)) for neuron in weights.T
        ]
        found = [self._rounded.get((number, format)) for number in numbers]
        new = [index for index, neuron in enumerate(found) if neuron is None]
        if new:
            columns = np.ascontiguousarray(self._feedback.rounded(weights[:, new], format).T)
            for index, neuron in zip(new, columns, strict=True):
                found[index] = neuron.copy()
                self._rounded.put((numbers[index], format), found[index])
        return np.stack(found, axis=1)
