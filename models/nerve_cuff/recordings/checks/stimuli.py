"""Labels that cover all classes, and the time of stimuli beside that of the nCAPs."""

from collections.abc import Iterator

import numpy as np

from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding, stretches
from build_decoder.models.nerve_cuff.recordings.checks.scan import Scan
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["clock_findings", "label_findings", "missing_classes"]

_STEP = 0.02  # seconds of a shift that is tried
_FARTHEST = 2.0  # seconds
_SHIFTED = 0.08  # seconds, from which stimuli are said to be shifted
_PARTS = 4  # at most, of the recording, each of which may have a shift of its own
_LEAST_PEAKS = 50  # in a part
_LEAST_STIMULI = 3  # in a part
_LEAST_REST = 0.1  # of the recording, from which nCAPs in rests say something
_EVOKED = 1.3  # times as many nCAPs a second in stimuli as in rests
_SURE = 4.5  # standard deviations, as many shifts are tried
_MAINS_HZ = 50.0, 60.0
_MAINS_OFF = 0.7  # Hz from them, and from their multiples, from which the rate is doubted
_LINES_HZ = (45.0, 65.0), (15.0, 190.0)  # where the mains are looked for, one after the other
_MAINS_SECONDS = 0.2
_MAINS_CLEAR = 30.0  # times the power beside it
_JUMP = 0.6  # radians: 1.6 ms at 60 Hz


def missing_classes(recording: Recording) -> list[str]:
    """Classes without any stimulus, by name or number."""
    classes = recording.cuff.classes
    present = np.bincount(recording.stimulus_classes, minlength=classes)
    return [_name(recording, label) for label in range(classes) if not present[label]]


def _name(recording: Recording, label: int) -> str:
    names = recording.class_names
    return names[label] if label < len(names) else f"{label}" if not names else "one without a name"


def label_findings(recording: Recording) -> Iterator[Finding]:
    """Whether there are stimuli of all classes; nothing where there are none at all."""
    if not len(recording.stimulus_classes):
        return
    classes = recording.cuff.classes
    missing = missing_classes(recording)
    if missing:
        yield Finding(
            True,
            "labels",
            f"no stimulus of {len(missing)} of {classes} classes: {', '.join(missing)}",
        )
    empty = np.flatnonzero(np.ptp(recording.stimulus_spans, axis=1) == 0)
    if empty.size:
        start = recording.stimulus_spans[empty[0], 0]
        yield Finding(True, "labels", f"stimulus {empty[0]} at {start:.5g} s has no length")
        return
    short = np.ptp(recording.stimulus_spans, axis=1) < recording.cuff.samples / recording.rate
    for label in np.unique(recording.stimulus_classes[short]):
        if short[recording.stimulus_classes == label].all():
            yield Finding(
                True,
                "labels",
                f"all stimuli of class {_name(recording, label)} are shorter than a signature",
            )


def clock_findings(
    recording: Recording, peaks: np.ndarray, scan: Scan
) -> Iterator[Finding]:
    """Lost samples and stimuli beside the nCAPs that they call forth.

    `peaks` are the samples of nCAPs that were found.
    """
    yield from _mains(scan)
    if len(recording.stimulus_spans) and not missing_classes(recording):
        times = peaks / recording.rate
        yield from list(_shift(recording, times)) or _evoked(recording, times)


def _mains(scan: Scan) -> Iterator[Finding]:
    """Mains of a frequency that there is not; jumps of their phase, where samples are missing."""
    step, common = scan.common_step, scan.common - scan.common.mean()
    size = round(_MAINS_SECONDS / step)
    if len(common) < 8 * size:
        return
    spectrum = np.abs(np.fft.rfft(common * np.hanning(len(common)))) ** 2
    frequency = np.fft.rfftfreq(len(common), step)
    for low, high in _LINES_HZ:
        (near,) = np.nonzero((frequency >= low) & (frequency <= high))
        hertz = frequency[near[spectrum[near].argmax()]]
        phasors, clear = _phasors(common, step, size, hertz)
        if clear:
            break
    else:
        return
    usual = min(
        (number * mains for mains in _MAINS_HZ for number in (1, 2, 3)),
        key=lambda known: abs(known - hertz),
    )
    if abs(hertz - usual) > _MAINS_OFF * max(usual / _MAINS_HZ[1], 1):
        yield Finding(
            False,
            "clock",
            f"all contacts: a line at {hertz:.1f} Hz and none of the mains at 50 or 60 Hz: is the "
            "rate another one?",
        )
    phase = np.unwrap(np.angle(phasors))
    # Three windows before a place and three after it: the one in the middle holds the jump.
    before = np.median([phase[:-6], phase[1:-5], phase[2:-4]], axis=0)
    after = np.median([phase[4:-2], phase[5:-1], phase[6:]], axis=0)
    drift = np.median(np.diff(phase))
    moved = np.angle(np.exp(1j * (after - before - 4 * drift)))
    usual = np.median(np.abs(moved)) / 0.6745
    for first, last in stretches(np.abs(moved) > max(_JUMP, 8 * usual)):
        middle = first + np.abs(moved[first:last]).argmax() + 3
        yield Finding(
            True,
            "gap",
            f"all contacts: the mains ({hertz:.1f} Hz) jump by {moved[middle - 3]:.1f} radians at "
            f"about {(middle + 0.5) * _MAINS_SECONDS:.1f} s: samples are missing there",
        )


def _phasors(
    common: np.ndarray, step: float, size: int, hertz: float
) -> tuple[np.ndarray, bool]:
    """Phasors of `hertz` in windows of `size` steps, and whether they stand out in most of them."""
    time = np.arange(len(common)) * step
    turned = common * np.exp(-2j * np.pi * hertz * time)
    parts = turned[: len(turned) // size * size].reshape(-1, size)
    window = np.hanning(size)
    phasors = parts @ window
    beside = [
        np.median(np.abs((parts * np.exp(-2j * np.pi * shift * time[:size])) @ window) ** 2)
        for shift in (-20.0, 20.0)
    ]
    clear = np.abs(phasors) ** 2 > _MAINS_CLEAR * max(*beside, np.finfo(float).tiny)
    return phasors, bool(clear.mean() >= 0.9)


def _shift(recording: Recording, times: np.ndarray) -> Iterator[Finding]:
    """Parts of the recording in which the nCAPs lie beside the stimuli."""
    if len(recording.stimulus_spans) < _LEAST_STIMULI:
        return
    shifts = np.arange(-_FARTHEST, _FARTHEST + _STEP / 2, _STEP)
    shifts = shifts[np.argsort(np.abs(shifts), kind="stable")]
    # A part of few stimuli can be moved into one of them as a whole.
    few = min(len(times) // (2 * _LEAST_PEAKS), len(recording.stimulus_spans) // _LEAST_STIMULI)
    parts = np.clip(few, 1, _PARTS)
    edges = np.linspace(0, recording.seconds, parts + 1)
    for start, end in zip(edges, edges[1:], strict=False):
        here = times[(times >= start) & (times < end)]
        if len(here) < _LEAST_PEAKS:
            continue
        inside = np.array([(recording.label(here + shift) >= 0).mean() for shift in shifts])
        best = inside.argmax()
        chance = inside.mean()
        # Where rests are short or nCAPs go on in them, times say nothing.
        both = (inside[best] + inside[0]) / 2
        spread = np.sqrt(2 * max(both * (1 - both), 0.01) / len(here))
        gained = inside[best] - inside[0]
        if abs(shifts[best]) >= _SHIFTED and gained > max(_SURE * spread, 0.1):
            yield Finding(
                True,
                "clock",
                f"{start:.5g} to {end:.5g} s: {inside[0]:.0%} of the nCAPs lie in stimuli, "
                f"{inside[best]:.0%} if the stimuli came {-shifts[best]:+.2f} s later "
                f"(by chance {chance:.0%}): samples missing, or another clock?",
            )
            return


def _evoked(recording: Recording, times: np.ndarray) -> Iterator[Finding]:
    """Stimuli that call forth no nCAP: there are no more of them than in rests."""
    stimuli = float(np.diff(recording.stimulus_spans, axis=1).sum())
    rests = recording.seconds - stimuli
    if len(times) < _LEAST_PEAKS or min(stimuli, rests) < _LEAST_REST * recording.seconds:
        return
    inside = np.count_nonzero(recording.label(times) >= 0)
    often, seldom = inside / stimuli, (len(times) - inside) / rests
    if often < _EVOKED * seldom:
        yield Finding(
            False,
            "clock",
            f"{often:.3g} nCAPs a second in stimuli and {seldom:.3g} in rests: do the times of "
            "stimuli and the rate fit?",
        )
