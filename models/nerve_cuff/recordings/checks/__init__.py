"""Checks of a recording before it is used.

Each looks for what a careful person looks for in a new recording: converters at their ends,
values that stand still or come twice, contacts that are dead or open, wired in another order or
with the other sign, rings in another order, samples that are missing, labels that lack a class.
"""

from collections.abc import Iterator
from dataclasses import replace

from build_decoder.models.nerve_cuff.recordings.checks.contacts import contact_findings
from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding
from build_decoder.models.nerve_cuff.recordings.checks.interference import (
    interference_findings,
)
from build_decoder.models.nerve_cuff.recordings.checks.levels import level_findings
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

_LEAST_HALF = 3.0  # seconds, of which wiring is judged by itself


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
    if len(scanned.level):
        yield from level_findings(recording, scanned)
    yield from polarity_findings(recording, detector, detector.deviation(recording))
    yield from _travel(recording, detector.processing)
    yield from interference_findings(recording, detector.processing, peaks, scanned)
    yield from clock_findings(recording, peaks, scanned)


def _travel(recording: Recording, processing: Processing) -> Iterator[Finding]:
    """What signals that travel tell of all of a recording, and else of its halves."""
    found = coherence(recording, processing)
    if found is None:
        return
    whole = list(travel_findings(recording.cuff, found))
    yield from whole
    samples = len(recording.counts)
    if whole or samples < 2 * _LEAST_HALF * recording.rate:
        return
    for first, last in ((0, samples // 2), (samples // 2, samples)):
        found = coherence(recording, processing, first, last)
        if found is not None:
            span = f"{first / recording.rate:.5g} to {last / recording.rate:.5g} s"
            for one in travel_findings(recording.cuff, found):
                yield replace(one, text=f"{span} alone: {one.text}")
