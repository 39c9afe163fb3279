"""Checks of a recording before it is used.

Each looks for what a careful person looks for in a new recording: converters at their ends,
values that stand still or come twice, contacts that are dead or open, wired in another order or
with the other sign, rings in another order, samples that are missing, labels that lack a class.
"""

from collections.abc import Iterator

from build_decoder.models.nerve_cuff.recordings.checks.contacts import contact_findings
from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding
from build_decoder.models.nerve_cuff.recordings.checks.polarity import polarity_findings
from build_decoder.models.nerve_cuff.recordings.checks.scan import scan
from build_decoder.models.nerve_cuff.recordings.checks.stimuli import (
    clock_findings,
    label_findings,
)
from build_decoder.models.nerve_cuff.recordings.checks.travel import coherence, travel_findings
from build_decoder.models.nerve_cuff.recordings.detection import Detector
from build_decoder.models.nerve_cuff.recordings.processing import Processing
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["Finding", "check"]


def check(recording: Recording, processing: Processing) -> tuple[Finding, ...]:
    """What is wrong, or may be wrong, with `recording`; nothing if it is good.

    Parameters
    ----------
    processing:
        Its band, in which nCAPs are looked for.

    Raises
    ------
    ValueError
        It is too short for the filter, or sampled too slowly.
    """
    band = Processing(processing.low_hz, processing.high_hz, processing.order)
    return tuple(_findings(recording, Detector(processing=band)))


def _findings(recording: Recording, detector: Detector) -> Iterator[Finding]:
    peaks = detector.peaks(recording)
    scanned = scan(recording)
    yield from label_findings(recording)
    yield from contact_findings(recording, scanned)
    yield from polarity_findings(recording, detector, detector.deviation(recording))
    found = coherence(recording, detector.processing)
    if found is not None:
        yield from travel_findings(recording.cuff, found)
    yield from clock_findings(recording, peaks, scanned)
