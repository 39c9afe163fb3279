"""What is recorded besides a nerve: hum, rhythms and steps; and what a filter took away."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from build_decoder.models.nerve_cuff.recordings.checks.finding import (
    Finding,
    contacts_text,
    span_text,
    stretches,
)
from build_decoder.models.nerve_cuff.recordings.checks.scan import Scan
from build_decoder.models.nerve_cuff.recordings.processing import Processing, tripole_shares
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["interference_findings"]

_STRETCH_SECONDS = 0.55
_LEAST_STRETCH, _LEAST_STRETCHES, _MOST_STRETCHES = 1024, 4, 32
_WIDTH = 101  # frequencies, of whose power the median is what a line stands out of
_STANDS_OUT = 5.0  # times it
_LEAST_HZ = 100.0
_TRACE_LINES = 0.03  # of the power of the rest; at most 0.00002 in good recordings
_CONTACT_LINES = 0.2  # likewise; 0.005
_HIGH_PART = 0.03  # power a hertz in the upper part of the band, of the lower; 0.12 at least
_LEAST_PEAKS = 20
_RHYTHM = 10.0  # standard deviations; at most 6.4 in good recordings, of all intervals that occur
_OFTEN = 0.05  # of the peaks
_INTERVALS_SECONDS = 4e-3, 1.0
_ALIKE = 5  # samples by which intervals may differ
_ALONE = 3.0  # times the largest step of all other contacts but two; at most 1.7 in good recordings


def interference_findings(
    recording: Recording, processing: Processing, peaks: np.ndarray, scan: Scan
) -> Iterator[Finding]:
    """What disturbs the search for nCAPs. `peaks` are the samples of those that were found."""
    spectra = _spectra(recording, processing)
    if spectra is not None:
        yield from _lines(recording, spectra)
        yield from _band(processing, spectra)
    yield from _rhythm(recording, peaks)
    yield from _common_steps(recording, scan)
    yield from _lone_steps(recording, scan)


@dataclass(frozen=True)
class _Spectra:
    """Power of the filtered and referenced signals.

    Parameters
    ----------
    frequency:
        Hz, (n,).
    response:
        Of the filter, (n,).
    contacts, trace:
        (n, channels), and of the trace in which nCAPs are found, (n,).
    """

    frequency: np.ndarray
    response: np.ndarray
    contacts: np.ndarray
    trace: np.ndarray


def _spectra(recording: Recording, processing: Processing) -> _Spectra | None:
    """Mean power over stretches of the recording; None where it is too short."""
    rate, cuff, samples = recording.rate, recording.cuff, len(recording.counts)
    length = 2 ** round(np.log2(_STRETCH_SECONDS * rate))
    while length * _LEAST_STRETCHES > samples:
        length //= 2
    if length < _LEAST_STRETCH:
        return None
    frequency = np.fft.rfftfreq(length, 1 / rate)
    used = frequency <= min(1.2 * processing.high_hz, rate / 2)
    response = processing.response(frequency[used], rate)
    first, last = tripole_shares(cuff)
    window = np.hanning(length).astype(np.float32)[:, None]
    count = min(_MOST_STRETCHES, 2 * samples // length)
    contacts = np.zeros((used.sum(), cuff.channels))
    trace = np.zeros(used.sum())
    for start in np.linspace(0, samples - length, count).astype(int):
        block = recording.counts[start : start + length].astype(np.float32)
        block -= block.mean(axis=0)
        rings = block.reshape(length, cuff.rings, cuff.contacts)
        rings -= (first * rings[:, 0] + last * rings[:, -1])[:, None]
        spectrum = np.fft.rfft(block * window, axis=0)[used] * response[:, None]
        contacts += np.square(np.abs(spectrum))
        middle = spectrum.reshape(-1, cuff.rings, cuff.contacts)[:, cuff.rings // 2]
        trace += np.square(np.abs(middle.mean(axis=1)))
    return _Spectra(frequency[used], response, contacts / count, trace / count)


def _lines(recording: Recording, spectra: _Spectra) -> Iterator[Finding]:
    """Power at single frequencies, as of the mains and of what is fed by them."""
    power = np.concatenate([spectra.trace[:, None], spectra.contacts], axis=1)
    rest = ndimage.median_filter(power, (_WIDTH, 1), mode="nearest")
    lines = np.where(power > _STANDS_OUT * rest, power - rest, 0.0)
    lines[spectra.frequency < _LEAST_HZ] = 0.0
    share = lines.sum(axis=0) / np.maximum(rest.sum(axis=0), np.finfo(float).tiny)
    share[rest.sum(axis=0) == 0] = 0.0
    bad = np.flatnonzero(share[1:] >= _CONTACT_LINES)
    if share[0] >= _TRACE_LINES or bad.size:
        worst = bad[np.argsort(-share[1 + bad], kind="stable")]
        named = contacts_text(worst, recording.cuff) if bad.size else "the middle ring"
        most = share[1:].max() if bad.size else share[0]
        column = 1 + worst[0] if bad.size else 0
        hertz = spectra.frequency[lines[:, column].argmax()]
        yield Finding(
            False,
            "interference",
            f"{named}: single frequencies have up to {most:.2g} times the power of all others in "
            f"the band, most of it at {hertz:.0f} Hz: hum?",
        )


def _band(processing: Processing, spectra: _Spectra) -> Iterator[Finding]:
    """Signals without the upper part of the band: filtered before, or sampled more slowly."""
    low, high = processing.low_hz, processing.high_hz
    edges = (low / 0.6, 0.3 * high), (0.6 * high, high)
    if edges[0][0] >= edges[0][1]:
        return
    levels = np.square(spectra.response)
    lower, upper = (
        np.median((spectra.trace / np.maximum(levels, 1e-9))[
            (spectra.frequency >= a) & (spectra.frequency < b)
        ])
        for a, b in edges
    )
    if upper < _HIGH_PART * lower:
        yield Finding(
            False,
            "interference",
            f"all contacts: {upper / lower:.2g} times the power a hertz from {edges[1][0]:g} to "
            f"{high:g} Hz of that from {edges[0][0]:g} to {edges[0][1]:g} Hz: was it smoothed, or "
            "recorded at another rate?",
        )


def _rhythm(recording: Recording, peaks: np.ndarray) -> Iterator[Finding]:
    """Peaks that come at one interval much more often than at those near it."""
    least, most = (round(seconds * recording.rate) for seconds in _INTERVALS_SECONDS)
    if len(peaks) < _LEAST_PEAKS:
        return
    times = np.zeros(most + 1)
    for apart in range(1, len(peaks)):
        interval = peaks[apart:] - peaks[:-apart]
        interval = interval[interval <= most]
        if not interval.size:
            break
        times += np.bincount(interval, minlength=most + 1)
    times[:least] = 0
    count = np.convolve(times, np.ones(_ALIKE), "same")
    width = round(0.02 * recording.rate)
    usual = ndimage.uniform_filter1d(times, width, mode="nearest") * _ALIKE
    sure = (count - usual) / np.sqrt(np.maximum(usual, 1.0))
    best = int(sure.argmax())
    if sure[best] >= _RHYTHM and count[best] >= _OFTEN * len(peaks):
        yield Finding(
            False,
            "interference",
            f"all contacts: {count[best]:.0f} of {len(peaks)} peaks come "
            f"{best / recording.rate:.5f} s after another one, by chance {usual[best]:.0f}: "
            "artefacts of stimulation, or hum?",
        )


def _common_steps(recording: Recording, scan: Scan) -> Iterator[Finding]:
    if scan.isolated.size:
        rate = recording.rate
        named = ", ".join(f"{at / rate:.5g}" for at in scan.isolated[:4])
        more = scan.isolated.size - 4
        yield Finding(
            False,
            "interference",
            f"all contacts: a step at once, unlike those around it, at {named}"
            f"{f' and {more} more times' if more > 0 else ''} s: an artefact, another offset, or "
            "samples missing?",
        )


def _lone_steps(recording: Recording, scan: Scan) -> Iterator[Finding]:
    """Contacts that make a step which hardly another one makes."""
    if not len(scan.level) or recording.cuff.channels < 4:
        return
    level = np.maximum(np.median(scan.level, axis=0), np.finfo(np.float32).tiny)
    step = scan.largest / level
    step[:, scan.still.mean(axis=0) >= 0.5] = 0.0
    others = np.partition(step, -3, axis=1)[:, -3]
    for channel, bad in enumerate((step > _ALONE * np.maximum(others, 1.0)[:, None]).T):
        if bad.any():
            size = scan.largest[bad, channel].max() * recording.microvolts_per_count
            yield Finding(
                False,
                "interference",
                f"{contacts_text([channel], recording.cuff)}: steps of up to {size:.3g} microvolts "
                f"that no other contact has, {span_text(stretches(bad), scan.window)}: loose?",
            )
