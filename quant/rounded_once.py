"""Weights that several networks have in common, rounded once."""

import numpy as np

from build_decoder.quant.by_neuron import ByNeuron
from build_decoder.quant.error_feedback import ErrorFeedback, feedback_of

__all__ = ["RoundedOnce"]


class RoundedOnce(ErrorFeedback):
    """Error feedback that rounds the weights of a neuron, which no other neuron's change, to a
    format once.

    Parameters
    ----------
    feedback
        Rounds what was not rounded yet.
    """

    def __init__(self, feedback: ErrorFeedback):
        self.mean = feedback.mean
        self._feedback = feedback
        self._rounded = ByNeuron()

    @classmethod
    def by_samples(cls, x: np.ndarray) -> "RoundedOnce":
        """By samples ``x`` (samples, inputs)."""
        return cls(feedback_of(x))

    def rounded(self, weights, format):
        return self._rounded.of(
            weights, format, lambda new: self._feedback.rounded(weights[:, new], format)
        )
