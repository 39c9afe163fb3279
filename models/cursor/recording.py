"""Synthetic spike counts of neurons that are tuned to the velocity of a cursor.

Stands in for recordings of motor cortex while a hand moves a cursor. Velocity is smooth noise of
two dimensions, each of standard deviation 1. The model of unit u in time bin t::

    count = min(15, Poisson(base[u] * exp(depth[u] * speed * cos(angle - preferred[u])
                                          + gain[u] * speed + drift[u, t])))

with speed and angle of the velocity ``lead[u]`` bins later: motor cortex leads the movement. Cosine
tuning of the logarithm of the rate saturates at both ends, and a count of a bin tells little: a
decoder that weighs the bins before does better.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["MAX_COUNT", "CursorModel", "Session"]

MAX_COUNT = 15  # counts are clipped to 4 bits

_SMOOTH_BINS = 6  # time constant of the movement
_SETTLING_BINS = 100
_MOST_LEAD = 3
_BASE_LOG_MEAN, _BASE_LOG_SPREAD = 0.0, 0.6  # of the spikes in a bin
_DEPTH, _DEPTH_SPREAD = 0.35, 0.12
_GAIN_SPREAD = 0.1
_DRIFT_SPREAD, _DRIFT_MEMORY = 0.15, 0.98


@dataclass(frozen=True)
class Session:
    """Sequences of one session.

    Parameters
    ----------
    counts:
        uint8, (sequences, steps, units), 0 to `MAX_COUNT`.
    velocity:
        float64, (sequences, steps, 2), in standard deviations.
    """

    counts: np.ndarray
    velocity: np.ndarray


@dataclass(frozen=True)
class CursorModel:
    """A population of units.

    Parameters
    ----------
    units:
        How many.
    seed:
        Of the units: their rates, tuning and leads.
    """

    units: int = 48
    seed: int = 1

    def record(self, sequences: int, steps: int, *, seed: int) -> Session:
        """So many sequences of so many bins, each with a movement and a drift of its own."""
        rng = np.random.default_rng(self.seed)
        base = rng.normal(_BASE_LOG_MEAN, _BASE_LOG_SPREAD, self.units)
        preferred = rng.uniform(0, 2 * np.pi, self.units)
        depth = np.abs(rng.normal(_DEPTH, _DEPTH_SPREAD, self.units))
        gain = rng.normal(0, _GAIN_SPREAD, self.units)
        lead = rng.integers(0, _MOST_LEAD, self.units, endpoint=True)

        rng = np.random.default_rng([self.seed, seed])
        bins = steps + _MOST_LEAD
        velocity = _smooth(rng.normal(size=(sequences, bins + _SETTLING_BINS, 2)))
        velocity = velocity[:, _SETTLING_BINS:]
        direction = np.stack([np.cos(preferred), np.sin(preferred)])
        later = np.arange(steps)[:, None] + lead
        along = np.take_along_axis(velocity @ direction, later[None], axis=1)
        speed = np.linalg.norm(velocity, axis=2)[:, later]
        drift = np.zeros((sequences, steps, self.units))
        now = rng.normal(0, _DRIFT_SPREAD, (sequences, self.units))
        fresh = _DRIFT_SPREAD * np.sqrt(1 - _DRIFT_MEMORY**2)
        for step in range(steps):
            drift[:, step] = now
            now = _DRIFT_MEMORY * now + rng.normal(0, fresh, now.shape)
        rate = np.exp(base + depth * along + gain * speed + drift)
        counts = np.minimum(rng.poisson(rate), MAX_COUNT).astype(np.uint8)
        return Session(counts, velocity[:, :steps])


def _smooth(noise: np.ndarray) -> np.ndarray:
    """White noise (sequences, bins, 2) through two equal filters of the first order, of standard
    deviation 1."""
    keep = np.exp(-1 / _SMOOTH_BINS)
    for _ in range(2):
        filtered, state = np.empty_like(noise), np.zeros_like(noise[:, 0])
        for step in range(noise.shape[1]):
            filtered[:, step] = state = keep * state + (1 - keep) * noise[:, step]
        noise = filtered
    # Of two such filters in a row: sum over n of ((n + 1) keep**n)**2, times (1 - keep)**4.
    power = (1 - keep) ** 4 * (1 + keep**2) / (1 - keep**2) ** 3
    return noise / np.sqrt(power)
