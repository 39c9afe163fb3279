"""Synthetic multi-unit spike counts of planned actions.

Stands in for the recordings of Plan4Act (AHEAD, Section 2.1), which are not public: electrode
arrays in the parietal reach region (PRR), the dorsal premotor cortex (PMd) and the primary motor
cortex (M1) of a monkey that has been cued to an action sequence and is still planning it.

The model of a trial, for unit u in time bin b:

    count = min(15, Poisson(base[u] * exp(tuning + latent + excitability)))
    tuning       = depth[u, plan] * ramp[area, b]     planning activity builds up bin by bin
    latent       = loading[u] . factors[b]            correlated noise: a few factors, each
                                                      autoregressive from bin to bin
    excitability = gain[trial] + drift[u, trial]      state of the animal; electrodes that move

Many units are not tuned at all. In a fraction of the trials the animal plans another action than
the cue says. Nothing can decode the cue of such a trial, which is why the accuracy of a decoder
has a ceiling even where its decisions are clear.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["AREAS", "MAX_COUNT", "Area", "Recording", "SpikeModel"]

MAX_COUNT = 15  # counts are clipped to 4 bits

_BASE_LOG_MEAN, _BASE_LOG_SPREAD = 0.6, 0.6  # of the spikes in a bin of a unit
_FACTORS = 6
_LOADING = 0.10
_FACTOR_MEMORY = 0.7  # autoregressive coefficient from bin to bin
_GAIN_SPREAD = 0.15
_DRIFT_SPREAD = 0.20
_DRIFT_CYCLES = 1.5  # swings of a unit's excitability in a session


@dataclass(frozen=True)
class Area:
    """A cortical area.

    Parameters
    ----------
    name:
        Its usual abbreviation.
    share:
        Fraction of all units that lie in it.
    tuned:
        Fraction of its units that are tuned to the planned action.
    onset:
        When its planning activity is half way up, as a fraction of the time recorded.
    """

    name: str
    share: float
    tuned: float
    onset: float


AREAS = (
    Area("PRR", share=0.33, tuned=0.45, onset=0.1),
    Area("PMd", share=0.34, tuned=0.50, onset=0.3),
    Area("M1", share=0.33, tuned=0.25, onset=0.7),
)


@dataclass(frozen=True)
class Recording:
    """Trials in the order of the session.

    Parameters
    ----------
    counts:
        uint8, (trials, bins * units), 0 to `MAX_COUNT`; all units of the first bin come first.
    cue:
        Action that the animal was told to plan, int64, (trials,).
    plan:
        Action that it planned, int64, (trials,); differs from the cue in the error trials.
    """

    counts: np.ndarray
    cue: np.ndarray
    plan: np.ndarray


@dataclass(frozen=True)
class SpikeModel:
    """A population of units and how it codes planned actions.

    Parameters
    ----------
    units:
        Multi-unit channels over all areas.
    bins:
        Time bins a trial.
    actions:
        Action sequences that can be planned.
    depth:
        Standard deviation of a tuned unit's log rate over the actions.
    error_trials:
        Fraction of trials in which another action than the cue is planned.
    """

    units: int
    bins: int
    actions: int
    depth: float
    error_trials: float

    def __post_init__(self):
        if min(self.units, self.bins) < 1 or self.actions < 2:
            raise ValueError(
                "expected at least 1 unit, 1 bin and 2 actions, got "
                f"{self.units}, {self.bins} and {self.actions}"
            )
        if not 0 <= self.error_trials < 1:
            raise ValueError(f"expected error_trials from 0 to 1, got {self.error_trials}")

    def record(self, trials: int, *, seed: int) -> Recording:
        """A session of `trials` trials; the same seed gives the same units and the same session."""
        rng = np.random.default_rng(seed)
        log_base = rng.normal(_BASE_LOG_MEAN, _BASE_LOG_SPREAD, self.units)
        tuning = self._tuning(rng)
        loading = rng.normal(0.0, _LOADING, (_FACTORS, self.units))

        cue = rng.integers(0, self.actions, trials)
        plan = cue.copy()
        wrong = rng.random(trials) < self.error_trials
        plan[wrong] += rng.integers(1, self.actions, np.count_nonzero(wrong))
        plan %= self.actions

        excitability = rng.normal(0.0, _GAIN_SPREAD, (trials, 1)) + self._drift(trials, rng)
        counts = np.empty((trials, self.bins, self.units), dtype=np.uint8)
        factors = rng.normal(size=(trials, _FACTORS))
        for index in range(self.bins):
            log_rate = log_base + tuning[plan, index] + factors @ loading + excitability
            counts[:, index] = np.minimum(rng.poisson(np.exp(log_rate)), MAX_COUNT)
            fresh = rng.normal(size=factors.shape)
            factors = _FACTOR_MEMORY * factors + np.sqrt(1 - _FACTOR_MEMORY**2) * fresh
        return Recording(counts.reshape(trials, -1), cue, plan)

    def _tuning(self, rng: np.random.Generator) -> np.ndarray:
        """Change of the log rate by the planned action, (actions, bins, units)."""
        shares = np.cumsum([area.share for area in AREAS])
        position = (np.arange(self.units) + 0.5) / self.units
        area_of_unit = np.minimum(np.searchsorted(shares, position), len(AREAS) - 1)
        tuned = rng.random(self.units) < np.array([area.tuned for area in AREAS])[area_of_unit]
        depth = rng.normal(0.0, self.depth, (self.actions, self.units)) * tuned
        time = (np.arange(self.bins) + 0.5) / self.bins
        onset = np.array([area.onset for area in AREAS])[area_of_unit]
        ramp = 1.0 / (1.0 + np.exp(-8.0 * (time[:, None] - onset)))
        return depth[:, None, :] * ramp

    def _drift(self, trials: int, rng: np.random.Generator) -> np.ndarray:
        """Slow swing of each unit's log excitability, (trials, units)."""
        session = np.linspace(0.0, 2 * np.pi * _DRIFT_CYCLES, trials)[:, None]
        phase = rng.uniform(0.0, 2 * np.pi, self.units)
        return rng.normal(0.0, _DRIFT_SPREAD, self.units) * np.sin(session + phase)
