"""Finds nCAPs in a recording, and compares them with those that were planted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy import signal

from build_decoder.models.nerve_cuff.recordings.gain import WINDOW
from build_decoder.models.nerve_cuff.recordings.processing import Processing
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["TOLERANCE", "Detection", "Detector", "compare"]

TOLERANCE = 1e-4  # seconds between an nCAP and a peak that is taken for it
_MEDIAN_SAMPLES = 2**22  # at most, evenly spread: 140 s at 30 kHz


@dataclass(frozen=True)
class Detector:
    """Finds the peaks of the middle ring (Section 2.1).

    Parameters
    ----------
    threshold:
        Least height of a peak, in standard deviations of the noise, which are estimated from the
        median magnitude so that nCAPs count little.
    processing:
        Filters that the signals go through first.
    """

    threshold: float = 4.0
    processing: Processing = field(default_factory=Processing)

    gain: ClassVar[str] = WINDOW

    def __post_init__(self):
        if not self.threshold > 0:
            raise ValueError(f"expected a threshold above 0, got {self.threshold}")

    def peaks(self, recording: Recording) -> np.ndarray:
        """Samples at which nCAPs pass the middle ring, int64, (found,), in order.

        Of peaks that are closer than half a signature the largest counts: the others lie within
        its signature, most often as parts of the same nCAP.
        """
        found, heights = self._maxima(recording)
        distance = max(recording.cuff.samples // 2, 1)
        kept = np.ones(len(found), bool)
        for index in np.argsort(heights, kind="stable")[::-1]:
            if kept[index]:
                low, high = np.searchsorted(found, found[index] + [1 - distance, distance])
                kept[low:high] = False
                kept[index] = True
        return found[kept]

    def deviation(self, recording: Recording) -> float:
        """Standard deviation of the noise in the trace, in counts."""
        stride = -(-len(recording.counts) // _MEDIAN_SAMPLES)
        magnitudes = [np.abs(trace[-start % stride :: stride]) for start, trace in
                      self._trace(recording)]
        return float(np.median(np.concatenate(magnitudes))) / 0.6745  # of a normal distribution

    def _trace(self, recording: Recording) -> Iterator[tuple[int, np.ndarray]]:
        return self.processing.trace_blocks(recording.counts, recording.cuff, recording.rate)

    def _maxima(self, recording: Recording) -> tuple[np.ndarray, np.ndarray]:
        """Samples of all local maxima of the trace above the threshold, and their heights."""
        least = max(self.threshold * self.deviation(recording), np.finfo(np.float64).tiny)
        found, heights = [np.empty(0, np.int64)], [np.empty(0)]
        before = np.empty(0)
        for start, trace in self._trace(recording):
            # What lies at the end of a block is judged with the next one.
            joined = np.concatenate([before, trace])
            places, properties = signal.find_peaks(joined, height=least)
            found.append(places + start - len(before))
            heights.append(properties["peak_heights"])
            before = joined[-2:]
        return np.concatenate(found), np.concatenate(heights)


@dataclass(frozen=True)
class Detection:
    """How peaks and planted nCAPs agree.

    Parameters
    ----------
    found:
        Whether a peak lies within the tolerance of each planted nCAP, bool, (events,).
    false:
        Whether no planted nCAP lies within the tolerance of each peak, bool, (peaks,).
    """

    found: np.ndarray
    false: np.ndarray


def compare(recording: Recording, peaks: np.ndarray, *, delay: float = 0.0) -> Detection:
    """Compare `peaks` (samples, in order) with the nCAPs planted in `recording`.

    Parameters
    ----------
    delay:
        Seconds by which peaks come later than nCAPs: `Processing.delay`.
    """
    times = peaks / recording.rate - delay
    return Detection(
        _distance(recording.event_times, times) <= TOLERANCE,
        _distance(times, recording.event_times) > TOLERANCE,
    )


def _distance(from_each: np.ndarray, to_nearest: np.ndarray) -> np.ndarray:
    """Distance from each of the first to the nearest of the second, which are in order."""
    bounds = np.concatenate([[-np.inf], to_nearest, [np.inf]])
    after = np.searchsorted(bounds[1:-1], from_each) + 1
    return np.minimum(from_each - bounds[after - 1], bounds[after] - from_each)
