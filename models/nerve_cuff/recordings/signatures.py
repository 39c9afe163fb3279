"""Spatiotemporal signatures: the windows of all contacts around each nCAP."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.detection import Detector
from build_decoder.models.nerve_cuff.recordings.gain import GAINS, WINDOW
from build_decoder.models.nerve_cuff.recordings.provenance import Provenance
from build_decoder.models.nerve_cuff.recordings.recording import Recording
from build_decoder.models.nerve_cuff.recordings.samples import blocks

__all__ = [
    "Signatures",
    "labelled_peaks",
    "quiet_starts",
    "quiet_windows",
    "signatures",
    "windows_at",
]


def _no_noise() -> np.ndarray:
    return np.empty((0, 0, 0), np.float32)


@dataclass(frozen=True)
class Signatures:
    """Labelled signatures of one animal.

    Parameters
    ----------
    spatial:
        float32, (signatures, channels, samples), from -1 to 1 by the paper's gain and from -2 to 2
        by the causal one, ring by ring. The other order of
        the contacts is ``spatial[:, cuff.temporal_order()]``.
    labels:
        Class of the stimulus during which each was recorded, int64, (signatures,).
    peaks:
        Sample of the recording that lies at column ``samples // 2``, int64, (signatures,).
    cuff:
        Geometry and number of classes; None where a file of an older version does not say them.
    noise:
        Windows of noise, float32, (windows, channels, samples), in microvolts; maybe none.
    provenance:
        Where they come from; None where nothing is known.
    gain:
        How they are scaled, of `GAINS`.
    """

    spatial: np.ndarray
    labels: np.ndarray
    peaks: np.ndarray
    cuff: NerveCuff | None = None
    noise: np.ndarray = field(default_factory=_no_noise)
    provenance: Provenance | None = None
    gain: str = WINDOW


def signatures(
    recording: Recording, detector: Detector, *, jitter: int = 0, seed: int = 0
) -> Signatures:
    """The signatures of all nCAPs found while a stimulus was applied (Section 2.1).

    Peaks outside of the stimuli have no label, and those closer to an end of the recording than
    half a signature are not whole: both are left out. Each signature is scaled by the detector's
    gain (`GAINS`).

    Parameters
    ----------
    jitter:
        Each signature is moved by a random whole number of samples of at most this magnitude, as if
        its peak had been found there. Its label stays.
    seed:
        Of the moves.
    """
    found = detector.peaks(recording)
    peaks, labels = labelled_peaks(recording, found, margin=jitter)
    if jitter:
        moves = np.random.default_rng([6, seed]).integers(-jitter, jitter + 1, len(found))
        peaks = peaks + moves[np.isin(found, peaks)]
    windows = _windows(recording, detector, peaks - recording.cuff.samples // 2)
    return Signatures(
        GAINS[detector.gain](windows), labels, peaks, recording.cuff, gain=detector.gain
    )


def labelled_peaks(
    recording: Recording, peaks: np.ndarray, *, margin: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Those of `peaks` that have a whole signature and a label, and their labels.

    Parameters
    ----------
    margin:
        Samples that there have to be before and after the signature.
    """
    labels = recording.label(peaks / recording.rate)
    before = recording.cuff.samples // 2
    first, last = peaks - before - margin, peaks - before + recording.cuff.samples + margin
    whole = (first >= 0) & (last <= len(recording.counts))
    chosen = whole & (labels >= 0)
    return peaks[chosen], labels[chosen]


def quiet_windows(
    recording: Recording, detector: Detector, *, windows: int, seed: int
) -> np.ndarray:
    """Windows of noise, as long as a signature, at random places without an nCAP.

    Returns
    -------
    float32, (windows, channels, samples), in microvolts. Windows may overlap one another.

    Raises
    ------
    ValueError
        No stretch of the recording is quiet for long enough.
    """
    starts = quiet_starts(recording, detector.peaks(recording), windows=windows, seed=seed)
    return _windows(recording, detector, starts)


def quiet_starts(
    recording: Recording, peaks: np.ndarray, *, windows: int, seed: int
) -> np.ndarray:
    """First samples of `quiet_windows`, int64, (windows,)."""
    samples = recording.cuff.samples
    last = len(recording.counts) - samples
    # The signature of a peak would share samples with a window that starts between these.
    taken = peaks[:, None] - samples // 2 + np.array([1 - samples, samples])
    begins = np.concatenate([[0], np.maximum(taken[:, 1], 0)])
    ends = np.concatenate([np.minimum(taken[:, 0], last + 1), [last + 1]])
    lengths = np.maximum(ends - np.maximum.accumulate(begins), 0)
    begins = np.maximum.accumulate(begins)
    free = np.cumsum(lengths)
    if free[-1] < 1:
        raise ValueError(f"expected {samples} samples in a row without an nCAP, got none")
    drawn = np.random.default_rng(seed).integers(0, free[-1], windows)
    gap = np.searchsorted(free, drawn, side="right")
    return begins[gap] + drawn - (free[gap] - lengths[gap])


def windows_at(
    recording: Recording, detector: Detector, starts: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The windows that begin at `starts`, a block of the recording at a time.

    Yields
    ------
    Which of `starts` begin in the block, in order, and their windows, float32, (windows,
    channels, samples), in microvolts.
    """
    samples, processing = recording.cuff.samples, detector.processing
    scale = np.float32(recording.microvolts_per_count)
    margin = processing.settling(recording.rate) + samples
    for start, stop, first, counts in blocks(recording.counts, margin=margin):
        (here,) = np.nonzero((starts >= start) & (starts < stop))
        if here.size:
            signals = processing.signals(counts, recording.cuff, recording.rate)
            rows = (starts[here] - first)[:, None] + np.arange(samples)
            yield here, signals[rows].transpose(0, 2, 1) * scale


def _windows(recording: Recording, detector: Detector, starts: np.ndarray) -> np.ndarray:
    cuff = recording.cuff
    windows = np.empty((len(starts), cuff.channels, cuff.samples), np.float32)
    for here, part in windows_at(recording, detector, starts):
        windows[here] = part
    return windows
