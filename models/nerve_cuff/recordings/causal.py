"""Filter, noise level and detection as a chip can do them, sample by sample as they come.

Beside the paper's steps, which need the whole recording: a filter that runs backwards too, a median
of all samples, and of peaks that are close the largest, found in the order of their heights.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy import signal

from build_decoder.models.nerve_cuff.recordings.detection import Detector
from build_decoder.models.nerve_cuff.recordings.processing import Processing
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["CausalDetector", "CausalProcessing", "noise_levels"]

_WIDTH = 1.1e-4  # seconds; as `Pathway.width` of the fastest
_SETTLED = 4e-3  # seconds, after which the filter is at rest
_SLOWEST_STEP = 13  # of the noise level: 2 ** -13, a time constant of 0.27 s at 30 kHz
_AT_A_TIME = 2**16  # samples: as Python's numbers they need four times the memory
_WARM_UP = 512  # samples until the noise level is about right, in which nothing is found
_LEAST_LEVEL = 2.0**-6  # counts
_NORMAL = 0.6745  # median magnitude of a normal distribution, in standard deviations


@dataclass(frozen=True)
class CausalProcessing(Processing):
    """As `Processing`, but the band-pass runs forwards alone.

    Its edges are at -3 dB, and peaks come later: see `delay`.
    """

    def delay(self, rate: float) -> float:
        """Seconds by which the peak of a usual action potential comes later in `trace`.

        It is less than the delay in the middle of the band, as most of it lies above.
        """
        samples = np.arange(-round(_SETTLED * rate), round(_SETTLED * rate) + 1)
        phase = samples / (_WIDTH * rate)
        filtered = self.band((1 - phase**2) * np.exp(-(phase**2) / 2), rate)
        peak = int(filtered.argmax())
        before, at, after = filtered[peak - 1 : peak + 2]
        between = (before - after) / (2 * (before - 2 * at + after))  # of a parabola through them
        return float((samples[peak] + between) / rate)

    def _run(self, sections: np.ndarray, values: np.ndarray, least: int) -> np.ndarray:
        # As if the first value had always been there: no step for the filter to ring on.
        start = signal.sosfilt_zi(sections)
        start = start.reshape(len(sections), *[1] * (np.ndim(values) - 1), 2)
        filtered, _ = signal.sosfilt(sections, values, zi=start * np.asarray(values)[..., :1])
        return filtered


@dataclass(frozen=True)
class CausalDetector(Detector):
    """Finds the peaks of the middle ring as samples come.

    A sample that is higher than both neighbours and than the threshold becomes the candidate; a
    higher one within half a signature takes its place. A candidate that stands for half a signature
    is an nCAP, and is the last for half a signature. Nothing is found in the first 512 samples, in
    which the noise level settles. What `Detector` may still take is lost: a
    candidate that a higher one removed, which a still higher one removed in turn.

    Parameters
    ----------
    threshold:
        Least height of a peak, in standard deviations of the noise; see `noise_levels`.
    processing:
        Filters that the signals go through first.
    """

    processing: CausalProcessing = field(default_factory=CausalProcessing)

    gain: ClassVar[str] = "causal"

    def peaks(self, recording: Recording) -> np.ndarray:
        """Samples of the filtered signals at which nCAPs pass the middle ring, int64, in order."""
        trace = self.processing.trace(recording.counts, recording.cuff, recording.rate)
        least = self.threshold * noise_levels(trace)
        summit = np.zeros(len(trace), bool)
        summit[1:-1] = (trace[1:-1] > trace[:-2]) & (trace[1:-1] >= trace[2:])
        summit[:_WARM_UP] = False
        candidates = np.flatnonzero(summit & (trace > least))
        reach = max(recording.cuff.samples // 2, 1)
        return _standing(candidates, trace, reach)

    def latency(self, recording: Recording) -> float:
        """Seconds from an nCAP's peak in the nerve to the last sample of its signature."""
        samples = recording.cuff.samples
        after = samples - samples // 2 - 1
        return self.processing.delay(recording.rate) + after / recording.rate


def noise_levels(trace: np.ndarray) -> np.ndarray:
    """Standard deviation of the noise at each sample, from the samples up to it, (samples,).

    A level goes up by a small part of itself where a magnitude is above it, and down where it is
    not, so it comes to the median magnitude and nCAPs count little. The part is a quarter at first,
    then about ``16 / n`` after n samples, rounded down to a power of two. The level starts from,
    and never falls below, a 64th of a count.
    """
    level = _LEAST_LEVEL
    levels = np.empty(len(trace))
    for start in range(0, len(trace), _AT_A_TIME):
        part = np.abs(trace[start : start + _AT_A_TIME]).tolist()
        for index, magnitude in enumerate(part, start):
            step = level * 2.0 ** -min(max(index.bit_length() - 4, 2), _SLOWEST_STEP)
            level = max(level + step if magnitude > level else level - step, _LEAST_LEVEL)
            levels[index] = level
    return levels / _NORMAL


def _standing(candidates: Iterable[int], trace: np.ndarray, reach: int) -> np.ndarray:
    """Those of `candidates` that stand for `reach` samples, int64, in order."""
    found: list[int] = []
    candidate = None
    for sample in candidates:
        if candidate is not None and sample - candidate >= reach:
            found.append(candidate)
            candidate = None
        if candidate is None:
            if not found or sample - found[-1] >= reach:
                candidate = sample
        elif trace[sample] > trace[candidate]:
            candidate = sample
    if candidate is not None and len(trace) - candidate > reach:
        found.append(candidate)
    return np.array(found, np.int64)
