"""The sign of what is found."""

from collections.abc import Iterator

import numpy as np
from scipy import signal

from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding
from build_decoder.models.nerve_cuff.recordings.detection import Detector
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["polarity_findings"]

_LEAST_PEAKS = 20
_INVERTED = 0.35  # of the large peaks have the right sign; without any nCAP it is a half


def polarity_findings(
    recording: Recording, detector: Detector, deviation: float
) -> Iterator[Finding]:
    """Whether nCAPs are negative at the contacts, as they are outside of fibres.

    An nCAP's middle is larger than the sides of the opposite sign, so of all peaks that are the
    largest near them most have its sign.
    """
    if not deviation:
        return
    cuff, rate = recording.cuff, recording.rate
    distance = max(cuff.samples // 2, 1)
    right, wrong = 0, 0
    for _, trace in detector.processing.trace_blocks(recording.counts, cuff, rate):
        found, _ = signal.find_peaks(
            np.abs(trace), height=detector.threshold * deviation, distance=distance
        )
        right += np.count_nonzero(trace[found] > 0)
        wrong += np.count_nonzero(trace[found] < 0)
    count = right + wrong
    if count >= _LEAST_PEAKS and right < _INVERTED * count:
        yield Finding(
            True,
            "polarity",
            f"all contacts: {wrong} of the {count} largest peaks have the sign that nCAPs do not "
            "have: inverted?",
        )
