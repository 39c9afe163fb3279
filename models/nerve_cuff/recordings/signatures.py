"""Spatiotemporal signatures: the windows of all contacts around each nCAP."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.nerve_cuff.recordings.causal import CausalDetector
from build_decoder.models.nerve_cuff.recordings.detection import Detector
from build_decoder.models.nerve_cuff.recordings.gain import GAINS, WINDOW
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["Signatures", "quiet_windows", "signatures"]


@dataclass(frozen=True)
class Signatures:
    """Labelled signatures of a recording.

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
    gain:
        How they are scaled, of `GAINS`.
    """

    spatial: np.ndarray
    labels: np.ndarray
    peaks: np.ndarray
    gain: str = WINDOW


def signatures(
    recording: Recording, detector: Detector | CausalDetector, *, jitter: int = 0, seed: int = 0
) -> Signatures:
    """The signatures of all nCAPs found while a stimulus was applied (Section 2.1).

    Peaks outside of the stimuli have no label, and those closer to an end of the recording than
    half a signature are not whole: both are left out. Each signature is scaled by the detector's
    gain (`GAINS`).

    Parameters
    ----------
    jitter:
        Each signature is moved by a random whole number of samples of at most this magnitude, as if
        its peak had been found there.
    seed:
        Of the moves.
    """
    peaks = detector.peaks(recording)
    labels = recording.label(peaks / recording.rate)
    if jitter:
        rng = np.random.default_rng([6, seed])
        peaks = peaks + rng.integers(-jitter, jitter + 1, len(peaks))
    before = recording.cuff.samples // 2
    whole = (peaks >= before) & (peaks - before + recording.cuff.samples <= len(recording.counts))
    chosen = whole & (labels >= 0)
    windows = _windows(recording, detector, peaks[chosen] - before)
    return Signatures(GAINS[detector.gain](windows), labels[chosen], peaks[chosen], detector.gain)


def quiet_windows(
    recording: Recording, detector: Detector | CausalDetector, *, windows: int, seed: int
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
    samples = recording.cuff.samples
    last = len(recording.counts) - samples
    free = np.ones(max(last + 1, 0), bool)
    for peak in detector.peaks(recording):
        # The signature of this peak would share samples with a window that starts here.
        free[max(peak - samples // 2 - samples + 1, 0) : peak - samples // 2 + samples] = False
    starts = np.flatnonzero(free)
    if not starts.size:
        raise ValueError(f"expected {samples} samples in a row without an nCAP, got none")
    chosen = np.random.default_rng(seed).choice(starts, windows)
    return _windows(recording, detector, chosen)


def _windows(
    recording: Recording, detector: Detector | CausalDetector, starts: np.ndarray
) -> np.ndarray:
    signals = detector.processing.signals(recording.counts, recording.cuff, recording.rate)
    rows = starts[:, None] + np.arange(recording.cuff.samples)
    return signals[rows].transpose(0, 2, 1) * np.float32(recording.microvolts_per_count)
