"""Error feedback: rounds weights one input after the other, so that errors cancel in the sums.

What the rounding of an input's weight does to a neuron's sum is made good, as far as inputs are
correlated, by the weights that are still to be rounded: of those, the change that least changes the
sum's mean square is taken (optimal brain surgery under the constraint that one weight takes its
rounded value).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from build_decoder.quant.qformat import QFormat

__all__ = ["ErrorFeedback", "feedback_of"]

_DAMPING = 1.0
"""Variance that is added to every input, in units of the mean variance, for variations that the
samples do not show. With much less, errors cancel on these samples and not on others."""

_BLOCK = 64
"""Inputs whose errors reach the weights behind them together."""


class ErrorFeedback(Protocol):
    """What decides how rounding errors cancel: inputs' covariance, neither labels nor outputs.

    Attributes
    ----------
    mean : ndarray
        Of each input.
    """

    mean: np.ndarray

    def rounded(self, weights: np.ndarray, format: QFormat) -> np.ndarray:
        """Weights (inputs, neurons), float64, as values of ``format``."""


def feedback_of(x: np.ndarray) -> ErrorFeedback:
    """Error feedback by samples ``x`` (samples, inputs), in the form that takes less time."""
    samples, inputs = x.shape
    return _BySamples.of(x) if samples < inputs else _ByInputs.of(x)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def _rounder(format: QFormat) -> Callable[[np.ndarray, np.ndarray], None]:
    """Writes the whole numbers nearest to values in units of the last bit, of one input after the
    other: few values at a time, of which `QFormat.nearest` would take several times as long."""
    low, high = float(format.min_raw), float(format.max_raw)

    def round_into(row: np.ndarray, values: np.ndarray) -> None:
        np.add(values, 0.5, out=row)
        np.floor(row, out=row)
        np.maximum(row, low, out=row)
        np.minimum(row, high, out=row)

    return round_into


def _damping(variances: np.ndarray) -> float:
    return _DAMPING * variances.mean() or 1.0


def _in_place(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    """``rows`` (inputs, neurons), which are in ``order``, in that of the inputs."""
    placed = np.empty_like(rows)
    placed[order] = rows
    return placed


@dataclass(frozen=True, eq=False)
class _ByInputs:
    """By a factor of the inverse covariance: time goes with the third power of the inputs.

    Parameters
    ----------
    mean
        Of each input.
    order
        Of the inputs, greatest variance first.
    factor
        In that order, the upper factor U of the inverse covariance, ``U.T @ U``.
    """

    mean: np.ndarray
    order: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> Self:
        mean = x.mean(axis=0)
        covariance = (x - mean).T @ (x - mean) / len(x)
        order = np.argsort(-np.diag(covariance), kind="stable")
        covariance = covariance[np.ix_(order, order)]
        covariance[np.diag_indices_from(covariance)] += _damping(np.diag(covariance))
        return cls(mean, order, np.linalg.cholesky(np.linalg.inv(covariance)).T)

    def rounded(self, weights, format):
        left = weights[self.order] * 2.0**format.fraction
        rows, errors = np.empty_like(left), np.empty_like(left)
        round_into = _rounder(format)
        diagonal = np.diag(self.factor).tolist()
        for block in _blocks(len(left)):
            within = np.ascontiguousarray(self.factor[block, block].T)
            known = errors[block]
            for number, index in enumerate(range(block.start, block.stop)):
                value, row = left[index], rows[index]
                value -= within[number, :number] @ known[:number]
                round_into(row, value)
                np.subtract(value, row, out=value)
                np.divide(value, diagonal[index], out=known[number])
            left[block.stop :] -= self.factor[block, block.stop :].T @ known
        return _in_place(rows, self.order) * format.resolution


@dataclass(frozen=True, eq=False)
class _BySamples:
    """By the samples themselves: time goes with inputs, times the square of the samples.

    With ``X`` the samples' deviations from their mean, ``N`` of them, ``d`` the damping and ``r``
    what the errors of inputs ahead of ``i`` do to the sums on each sample, the least change of all
    weights from ``i`` on changes that of ``i`` by ``-x_i.T @ inv(N * d * I + X_i @ X_i.T) @ r``,
    where ``X_i`` has the columns of inputs from ``i`` on. These inverses are gone through from the
    last input to the first, each a change of rank one.

    Parameters
    ----------
    mean
        Of each input.
    order
        Of the inputs, greatest variance first.
    values
        In that order, deviations (inputs, samples).
    gains
        In that order, what each weight takes of ``r``, (inputs, samples).
    """

    mean: np.ndarray
    order: np.ndarray
    values: np.ndarray
    gains: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> Self:
        mean, variances = x.mean(axis=0), x.var(axis=0)
        order = np.argsort(-variances, kind="stable")
        values = x.T[order]
        values -= mean[order, None]
        gains = np.empty_like(values)
        inverse = np.eye(len(x)) / (len(x) * _damping(variances))
        for block in reversed(list(_blocks(len(values)))):
            rows = values[block][::-1]
            reached = rows @ inverse
            lower = np.linalg.cholesky(np.eye(len(rows)) + reached @ rows.T)
            steps = np.linalg.solve(lower, reached)
            inverse -= steps.T @ steps
            gains[block] = (steps / -np.diag(lower)[:, None])[::-1]
        return cls(mean, order, values, gains)

    def rounded(self, weights, format):
        left = weights[self.order] * 2.0**format.fraction
        rows = np.empty_like(left)
        residue = np.zeros((self.values.shape[1], weights.shape[1]))
        round_into = _rounder(format)
        for block in _blocks(len(left)):
            values, errors = left[block] + self.gains[block] @ residue, np.empty_like(left[block])
            within = self.gains[block] @ self.values[block].T
            for number, index in enumerate(range(block.start, block.stop)):
                value, row = values[number], rows[index]
                value += within[number, :number] @ errors[:number]
                round_into(row, value)
                np.subtract(row, left[index], out=errors[number])
            residue += self.values[block].T @ errors
        return _in_place(rows, self.order) * format.resolution
