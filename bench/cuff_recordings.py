"""Recordings of a nerve cuff for the benches and tests of its checks: faulty ones and good ones.

Each fault is a function of a good recording, seeded, so that the same one gives the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import signal

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings import (
    CuffModel,
    Nerve,
    Noise,
    Recording,
    cuff_model,
)

__all__ = ["FAULTS", "GOOD", "LONG", "MIXED", "WARNED", "good_recording"]

Fault = Callable[[Recording], Recording]


def good_recording(seconds: float = 10.0) -> Recording:
    """The recording into which the faults are put."""
    return cuff_model("simple", 1).record(seconds, seed=1)


def _changed(change: Callable[[np.ndarray, Recording], np.ndarray | None]) -> Fault:
    def fault(recording: Recording) -> Recording:
        counts = recording.counts.copy()
        changed = change(counts, recording)
        return replace(recording, counts=counts if changed is None else changed)

    return fault


def _rows(recording: Recording, start: float, end: float) -> slice:
    """Samples from `start` to `end`, both parts of the length."""
    samples = len(recording.counts)
    return slice(int(start * samples), int(end * samples))


def _middle(recording: Recording) -> int:
    """A channel of the middle ring."""
    cuff = recording.cuff
    return cuff.rings // 2 * cuff.contacts + min(2, cuff.contacts - 1)


@_changed
def _zeros(counts, recording):
    counts[_rows(recording, 0.5, 1)] = 0


@_changed
def _held(counts, recording):
    rows = _rows(recording, 0.42, 0.45)
    counts[rows] = counts[rows.start]


@_changed
def _quiet(counts, recording):
    rows = _rows(recording, 0.3, 0.7)
    rng = np.random.default_rng(0)
    counts[rows] = rng.normal(0, 1.2, counts[rows].shape).round()


@_changed
def _saturated(counts, recording):
    limit = int(np.quantile(np.abs(counts.astype(np.int32)), 0.8))
    np.clip(counts, -limit, limit, out=counts)


@_changed
def _one_saturated(counts, recording):
    rows, channel = _rows(recording, 0.6, 0.7), _middle(recording)
    limit = int(counts[:, channel].max()) // 2
    counts[rows, channel] = np.clip(8 * counts[rows, channel].astype(np.int32), -limit, limit)
    counts[:, channel] = np.clip(counts[:, channel], -limit, limit)


@_changed
def _open(counts, recording):
    noise = np.random.default_rng(0).normal(0, 2000, len(counts))
    counts[:, _middle(recording)] = noise.clip(-32768, 32767)


@_changed
def _open_later(counts, recording):
    rows = _rows(recording, 0.55, 0.75)
    counts[rows, 5] = np.random.default_rng(0).normal(0, 400, rows.stop - rows.start).round()


@_changed
def _alone(counts, recording):
    """An open contact that is as loud as the others."""
    level = np.diff(counts[:, 9].astype(float)).std() / np.sqrt(2)
    counts[:, 9] = np.random.default_rng(0).normal(0, level, len(counts)).round()


@_changed
def _dead(counts, recording):
    counts[:, _middle(recording)] = 0


@_changed
def _dead_with_noise(counts, recording):
    counts[:, 11] = np.random.default_rng(0).normal(0, 1.5, len(counts)).round()


@_changed
def _line_by_line(counts, recording):
    return np.ascontiguousarray(counts[:, recording.cuff.temporal_order()])


@_changed
def _two_swapped(counts, recording):
    one, other = 3, recording.cuff.contacts * (recording.cuff.rings - 2) + 5
    counts[:, [one, other]] = counts[:, [other, one]]


def _ring_wired(order: Callable[[np.ndarray], np.ndarray]) -> Fault:
    """The contacts of the middle ring in another order."""

    @_changed
    def fault(counts, recording):
        ring = recording.cuff.rings // 2 * recording.cuff.contacts
        places = ring + np.arange(recording.cuff.contacts)
        counts[:, places] = counts[:, ring + order(places - ring)]

    return fault


def _swap(one: int, other: int) -> Callable[[np.ndarray], np.ndarray]:
    def order(numbers: np.ndarray) -> np.ndarray:
        numbers[[one, other]] = numbers[[other, one]]
        return numbers

    return order


@_changed
def _rings_swapped(counts, recording):
    rings = counts.reshape(len(counts), recording.cuff.rings, -1)
    order = np.arange(recording.cuff.rings)
    order[[1, 4]] = order[[4, 1]]
    return np.ascontiguousarray(rings[:, order]).reshape(len(counts), -1)


@_changed
def _rings_backwards(counts, recording):
    rings = counts.reshape(len(counts), recording.cuff.rings, -1)
    return np.ascontiguousarray(rings[:, ::-1]).reshape(len(counts), -1)


def _turned_cuff(recording: Recording) -> Recording:
    cuff = recording.cuff
    return replace(recording, cuff=replace(cuff, rings=cuff.contacts, contacts=cuff.rings))


@_changed
def _inverted(counts, recording):
    return -counts


@_changed
def _one_inverted(counts, recording):
    counts[:, 20] *= -1


@_changed
def _buffer_twice(counts, recording):
    start, length = len(counts) // 3, round(0.05 * recording.rate)
    counts[start + length : start + 2 * length] = counts[start : start + length]


@_changed
def _shorted(counts, recording):
    """Two contacts that are joined: the mean of both, and the noise of two amplifiers."""
    mean = counts[:, 20:22].mean(axis=1, keepdims=True)
    noise = np.random.default_rng(0).normal(0, 3, (len(counts), 2))
    counts[:, 20:22] = (mean + noise).round()


@_changed
def _filled(counts, recording):
    """60 ms that were lost, filled up by a straight line."""
    start, length = len(counts) // 2, round(0.06 * recording.rate)
    part = np.linspace(0, 1, length)[:, None]
    lost = counts[start] * (1 - part) + counts[start + length] * part
    counts[start : start + length] = lost.round()


@_changed
def _packets(counts, recording):
    """A millisecond of zeros now and then."""
    length = round(1e-3 * recording.rate)
    for start in range(1000, len(counts) - length, round(0.2 * recording.rate)):
        counts[start : start + length] = 0


@_changed
def _wrapped(counts, recording):
    return (counts.astype(np.int32) * 64).astype(np.int16)


@_changed
def _byte_order(counts, recording):
    return counts.byteswap()


@_changed
def _scrambled(counts, recording):
    """Written channel by channel and read sample by sample."""
    return np.ascontiguousarray(counts.reshape(counts.shape[::-1]).T)


@_changed
def _late_card(counts, recording):
    """The second amplifier of two, of rings 3 to 6, is 5 samples late."""
    half = recording.cuff.contacts * (recording.cuff.rings // 2)
    counts[5:, half:] = counts[:-5, half:].copy()


@_changed
def _ring_referenced(counts, recording):
    rings = counts.reshape(len(counts), recording.cuff.rings, -1).astype(np.float64)
    rings -= rings.mean(axis=2, keepdims=True)
    return rings.round().astype(np.int16).reshape(counts.shape)


@_changed
def _ring_gain(counts, recording):
    contacts = recording.cuff.contacts
    counts[:, :contacts] *= 2


def _other_cuff(recording: Recording) -> Recording:
    """Half a ring is called a ring."""
    cuff = recording.cuff
    return replace(
        recording, cuff=replace(cuff, rings=2 * cuff.rings, contacts=cuff.contacts // 2)
    )


def _other_rate(rate: float) -> Fault:
    return lambda recording: replace(recording, rate=rate)


def _shifted(seconds: float) -> Fault:
    """Stimuli that are said to come so much later than they did, or earlier."""

    def fault(recording: Recording) -> Recording:
        spans = recording.stimulus_spans + seconds
        heard = spans[:, 1] <= recording.seconds
        return replace(
            recording,
            stimulus_spans=spans[heard],
            stimulus_classes=recording.stimulus_classes[heard],
        )

    return fault


@_changed
def _looped(counts, recording):
    half = len(counts) // 2
    counts[half : 2 * half] = counts[:half]


@_changed
def _same_channel(counts, recording):
    counts[:, 31] = counts[:, 30]


def _lost(seconds: float) -> Fault:
    """Samples are lost at 43 % of the length, and the clock goes on as if they were not."""

    def fault(recording: Recording) -> Recording:
        start = int(0.43 * len(recording.counts))
        stop = start + round(seconds * recording.rate)
        counts = np.concatenate([recording.counts[:start], recording.counts[stop:]])
        times = recording.event_times
        before, after = times < start / recording.rate, times >= stop / recording.rate
        kept = before | after
        end = len(counts) / recording.rate
        heard = recording.stimulus_spans[:, 0] < end
        return replace(
            recording,
            counts=counts,
            stimulus_spans=np.minimum(recording.stimulus_spans[heard], end),
            stimulus_classes=recording.stimulus_classes[heard],
            event_times=np.where(after, times - seconds, times)[kept],
            event_classes=recording.event_classes[kept],
            event_snr_db=recording.event_snr_db[kept],
        )

    return fault


def _classes(*kept: int) -> Fault:
    def fault(recording: Recording) -> Recording:
        chosen = np.isin(recording.stimulus_classes, kept)
        return replace(
            recording,
            stimulus_spans=recording.stimulus_spans[chosen],
            stimulus_classes=recording.stimulus_classes[chosen],
        )

    return fault


def _volts(recording: Recording) -> Recording:
    volts = recording.counts * np.float32(recording.microvolts_per_count * 1e-6)
    return replace(recording, counts=volts, microvolts_per_count=1.0)


def _integers(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)


def _filtered(counts: np.ndarray, hertz: float, kind: str, rate: float) -> np.ndarray:
    sections = signal.butter(2, hertz, kind, fs=rate, output="sos")
    return signal.sosfilt(sections, counts.astype(np.float64), axis=0)


@_changed
def _rectified(counts, recording):
    return np.abs(counts)


@_changed
def _envelope(counts, recording):
    """Rectified and smoothed."""
    sharp = np.abs(_filtered(counts, 100.0, "highpass", recording.rate))
    return _integers(_filtered(sharp, 1_000.0, "lowpass", recording.rate))


@_changed
def _stuck_bit(counts, recording):
    return counts | 16


@_changed
def _smoothed(counts, recording):
    return _integers(_filtered(counts, 1_000.0, "lowpass", recording.rate))


@_changed
def _every_other(counts, recording):
    counts[1::2] = counts[:-1:2]


def _gain(channels: Sequence[int] | slice, gain: float, start: float = 0.0) -> Fault:
    """Channels whose gain is another one, from a part of the length on."""

    @_changed
    def fault(counts, recording):
        rows = _rows(recording, start, 1)
        counts[rows, channels] = _integers(gain * counts[rows, channels].astype(np.float64))

    return fault


def _hum(
    microvolts: float, hertz: float, harmonics: Sequence[float], channels: Sequence[int] | slice
) -> Fault:
    """A line and its harmonics, which contacts see with gains that differ by a tenth."""

    @_changed
    def fault(counts, recording):
        seconds = np.arange(len(counts)) / recording.rate
        hum = sum(
            share * np.sin(2 * np.pi * number * hertz * seconds)
            for number, share in enumerate(harmonics, 1)
        )
        gains = np.random.default_rng(1).normal(1, 0.1, counts.shape[1])[channels]
        hum = np.outer(hum, gains) * microvolts / recording.microvolts_per_count
        counts[:, channels] = _integers(counts[:, channels] + hum)

    return fault


@_changed
def _dimmer(counts, recording):
    """Spikes, 120 a second."""
    seconds = np.arange(len(counts)) / recording.rate
    gains = np.random.default_rng(1).normal(1, 0.2, counts.shape[1])
    spikes = (seconds * 120 % 1 < 0.02) * 60 / recording.microvolts_per_count
    return _integers(counts + np.outer(spikes, gains))


@_changed
def _artefacts(counts, recording):
    """20 shocks a second while stimuli last."""
    gains = np.random.default_rng(1).normal(1, 0.2, counts.shape[1])
    shock = np.outer(2_000 * np.exp(-np.arange(20) / 5), gains)
    for start, end in recording.stimulus_spans:
        for time in np.arange(start, end - 0.01, 0.05):
            rows = slice(int(time * recording.rate), int(time * recording.rate) + 20)
            counts[rows] = _integers(counts[rows] + shock)


@_changed
def _offset(counts, recording):
    counts[_rows(recording, 0.5, 1)] += 3_000


@_changed
def _loose(counts, recording):
    steps = np.arange(len(counts)) // 3_000 % 2
    counts[:, 26] = _integers(counts[:, 26] + 2_000.0 * steps)


@_changed
def _swapped_later(counts, recording):
    rows = _rows(recording, 0.5, 1)
    counts[rows, 3], counts[rows, 45] = counts[rows, 45].copy(), counts[rows, 3].copy()


@_changed
def _moved_later(counts, recording):
    rows = _rows(recording, 0.5, 1)
    counts[rows] = np.roll(counts[rows], 1, axis=1)


@_changed
def _halves_exchanged(counts, recording):
    """At a whole number of stimuli."""
    half = round(len(recording.stimulus_spans) // 2 * _period(recording) * recording.rate)
    return np.concatenate([counts[half:], counts[:half]])


@_changed
def _parts_exchanged(counts, recording):
    """The second stimulus and its rest with the sixth."""
    starts = np.rint(recording.stimulus_spans[[1, 5], 0] * recording.rate).astype(int)
    length = round(_period(recording) * recording.rate)
    one, other = (slice(start, start + length) for start in starts)
    counts[one], counts[other] = counts[other].copy(), counts[one].copy()


def _period(recording: Recording) -> float:
    return float(np.diff(recording.stimulus_spans[:2, 0])[0])


def _labels(change: Callable[[np.ndarray], np.ndarray]) -> Fault:
    return lambda recording: replace(
        recording, stimulus_classes=change(recording.stimulus_classes.copy())
    )


def _short_stimuli(recording: Recording) -> Recording:
    spans = recording.stimulus_spans.copy()
    chosen = recording.stimulus_classes == 2
    spans[chosen, 1] = spans[chosen, 0] + 1e-6
    return replace(recording, stimulus_spans=spans)


FAULTS: dict[str, tuple[Fault, str]] = {
    "zeros for half of the recording": (_zeros, "gap"),
    "all contacts hold their value for 0.3 s": (_held, "gap"),
    "amplifier off for a part: noise of 0.2 microvolts": (_quiet, "level"),
    "a saturated converter": (_saturated, "rails"),
    "one contact saturated for a tenth of the time": (_one_saturated, "rails"),
    "an open contact in the middle ring": (_open, "level"),
    "a contact that is open for a fifth of the time": (_open_later, "level"),
    "an open contact as loud as the others": (_alone, "neighbours"),
    "a dead contact in the middle ring": (_dead, "repeats"),
    "a dead contact with noise of its own": (_dead_with_noise, "neighbours"),
    "contacts wired contact by contact": (_line_by_line, "wiring"),
    "rings and contacts exchanged in `cuff`": (_turned_cuff, "wiring"),
    "two contacts of different rings swapped": (_two_swapped, "wiring"),
    "two contacts of a ring swapped": (_ring_wired(_swap(1, 4)), "wiring"),
    "a ring turned by one contact": (_ring_wired(lambda numbers: np.roll(numbers, 1)), "wiring"),
    "half rings that are called rings": (_other_cuff, "delays"),
    "an amplifier that is 5 samples late": (_late_card, "delays"),
    "channels and samples scrambled": (_scrambled, "neighbours"),
    "two contacts shorted": (_shorted, "neighbours"),
    "each ring's mean taken off already": (_ring_referenced, "neighbours"),
    "the first ring with twice the gain": (_ring_gain, "level"),
    "two rings swapped": (_rings_swapped, "wiring"),
    "rings numbered from the other end": (_rings_backwards, "delays"),
    "inverted polarity": (_inverted, "polarity"),
    "one contact inverted": (_one_inverted, "polarity"),
    "two channels with one signal": (_same_channel, "repeats"),
    "a buffer of 50 ms sent twice": (_buffer_twice, "repeats"),
    "the first half once more": (_looped, "repeats"),
    "a lost second, the clock not moved": (_lost(1.0), "clock"),
    "0.35 lost seconds": (_lost(0.35), "clock"),
    "5 lost milliseconds": (_lost(0.005), "gap"),
    "60 ms filled up by a straight line": (_filled, "gap"),
    "a millisecond of zeros every 0.2 s": (_packets, "gap"),
    "values that wrapped round": (_wrapped, "rails"),
    "bytes in the wrong order": (_byte_order, "rails"),
    "20 kHz in place of 30": (_other_rate(20_000.0), "clock"),
    "15 kHz in place of 30": (_other_rate(15_000.0), "clock"),
    "stimuli 0.15 s too early": (_shifted(-0.15), "clock"),
    "one class alone labelled": (_classes(0), "labels"),
    "a class without stimuli": (_classes(0, 1), "labels"),
    "volts that are called microvolts": (_volts, "level"),
    "rectified": (_rectified, "rails"),
    "rectified and smoothed": (_envelope, "interference"),
    "a bit of the converter that never changes": (_stuck_bit, "rails"),
    "nothing left above 1 kHz": (_smoothed, "interference"),
    "every other sample held": (_every_other, "repeats"),
    "one contact with twice the gain": (_gain([26], 2.0), "level"),
    "half of the contacts with 1.5 times the gain": (_gain(slice(28, 56), 1.5), "level"),
    "three times the gain from the middle on": (_gain(slice(None), 3.0, 0.5), "level"),
    "a contact with three times the gain from the middle on": (_gain([26], 3.0, 0.5), "level"),
    "mains of 500 microvolts with harmonics": (
        _hum(500.0, 60.0, (1, 0.5, 0.4, 0.3), slice(None)), "interference"),
    "mains of 100 microvolts at one contact": (
        _hum(100.0, 60.0, (1, 0.5, 0.4, 0.3), [26]), "interference"),
    "30 harmonics of the mains in one ring": (
        _hum(20.0, 60.0, [1] * 30, slice(24, 32)), "interference"),
    "a tone of 2,333 Hz at one contact": (_hum(50.0, 2_333.0, [1], [26]), "interference"),
    "spikes of a dimmer, 120 a second": (_dimmer, "interference"),
    "artefacts of stimulation": (_artefacts, "interference"),
    "another offset from the middle on": (_offset, "interference"),
    "a loose contact": (_loose, "interference"),
    "two contacts swapped from the middle on": (_swapped_later, "wiring"),
    "channels moved on by one from the middle on": (_moved_later, "wiring"),
    "halves exchanged at a whole number of stimuli": (_halves_exchanged, "clock"),
    "two stimuli exchanged, with what was recorded": (_parts_exchanged, "labels"),
    "labels shuffled": (_labels(np.random.default_rng(3).permutation), "labels"),
    "labels of two stimuli exchanged": (_labels(_swap(1, 5)), "labels"),
    "stimuli of a class that last a microsecond": (_short_stimuli, "labels"),
}
"""Each fault, and the kind of what a check should find."""

WARNED = frozenset({
    *("two contacts of a ring swapped", "a ring turned by one contact", "two contacts shorted"),
    *("half rings that are called rings", "the first ring with twice the gain"),
    *("rings numbered from the other end", "20 kHz in place of 30", "15 kHz in place of 30"),
    *("stimuli 0.15 s too early", "rectified and smoothed", "nothing left above 1 kHz"),
    *("one contact with twice the gain", "half of the contacts with 1.5 times the gain"),
    "three times the gain from the middle on",
    "a contact with three times the gain from the middle on",
    *("mains of 500 microvolts with harmonics", "mains of 100 microvolts at one contact"),
    *("30 harmonics of the mains in one ring", "a tone of 2,333 Hz at one contact"),
    *("spikes of a dimmer, 120 a second", "artefacts of stimulation"),
    *("another offset from the middle on", "a loose contact"),
})
"""Faults that are warned of: a good recording may look like that."""

LONG = frozenset({
    *("a lost second, the clock not moved", "0.35 lost seconds", "5 lost milliseconds"),
    *("two contacts swapped from the middle on", "channels moved on by one from the middle on"),
    *("halves exchanged at a whole number of stimuli", "labels shuffled"),
    *("two stimuli exchanged, with what was recorded", "labels of two stimuli exchanged"),
})
"""Faults that it takes 10 s to tell, and some stimuli of each class."""


def _exchanged(recording: Recording) -> Recording:
    return replace(recording, stimulus_classes=np.array([1, 0, 2])[recording.stimulus_classes])


def _louder(recording: Recording) -> Recording:
    return replace(recording, microvolts_per_count=10 * recording.microvolts_per_count)


def _shorter(recording: Recording) -> Recording:
    return replace(recording, cuff=replace(recording.cuff, samples=80))


def _named(*names: str) -> Fault:
    return lambda recording: replace(recording, class_names=names)


MIXED: Sequence[tuple[str, Fault, Fault, str]] = (
    ("class 0 is called 1 in the second, and 1 0", lambda one: one, _exchanged, "labels"),
    ("10 times the microvolts of a count", lambda one: one, _louder, "level"),
    ("24 kHz in place of 30", lambda one: one, _other_rate(24_000.0), "rate"),
    ("signatures of 80 samples", lambda one: one, _shorter, "cuff"),
    ("names, and numbers", _named("a", "b", "c"), lambda one: one, "stimulus_classes"),
    ("another name of a class", _named("a", "b", "c"), _named("a", "b", "d"), "stimulus_classes"),
    ("another spelling", _named("a", "b", "c"), _named("a", "B", "c"), "stimulus_classes"),
)
"""Faults of the second of two recordings of an animal: what makes both, and the kind."""


def _simple(subject: int, seconds: float = 6.0, **changes) -> Callable[[], Recording]:
    return lambda: CuffModel(nerve=Nerve.of_subject(subject), **changes).record(seconds, seed=1)


def _animal(subject: int, seconds: float = 8.0) -> Callable[[], Recording]:
    return lambda: cuff_model("animal", subject).record(seconds, seed=2)


def _coarse(subject: int) -> Callable[[], Recording]:
    return _simple(subject, microvolts_per_count=2.0)


GOOD: Sequence[tuple[str, Callable[[], Recording]]] = (
    ("as the simple simulator makes it", _simple(1)),
    ("weak nCAPs, 8 dB", _simple(2, snr_db=8.0)),
    ("strong nCAPs, 30 dB", _simple(5, snr_db=30.0)),
    ("no mains", _simple(6, noise=Noise(mains=0.0))),
    ("mains of 200 microvolts, 50 Hz", _simple(7, noise=Noise(mains_hz=50.0, mains=200.0))),
    ("EMG of 100 microvolts", _simple(8, noise=Noise(emg=100.0))),
    ("many bursts of EMG", _simple(26, noise=Noise(emg_rate=4.0, emg=60.0))),
    ("no interference", _simple(10, noise=Noise(common=0.0, mains=0.0, emg=0.0))),
    ("no other fibres", _simple(11, noise=Noise(background=0.0))),
    ("gains that differ by 10 %", _simple(12, noise=Noise(mismatch=0.1))),
    ("noisy amplifiers", _simple(22, noise=Noise(thermal=5.0, pink=8.0))),
    ("5 rings of 4 contacts", _simple(13, cuff=NerveCuff(5, 4))),
    ("3 rings of 2 contacts", _simple(14, cuff=NerveCuff(3, 2))),
    ("9 rings of 6 contacts, 20 kHz", _simple(15, cuff=NerveCuff(9, 6), rate=20_000.0)),
    ("6 rings, 40 kHz", _simple(17, cuff=NerveCuff(6, 8), rate=40_000.0)),
    ("2 microvolts a count", _coarse(18)),
    ("long stimuli and rests", _simple(19, 12.0, stimulus_seconds=2.0, rest_seconds=1.0)),
    ("few nCAPs, many of them spontaneous", _simple(20, ncap_rate=15.0, spontaneous_rate=6.0)),
    ("no rests", _simple(21, rest_seconds=0.0)),
    ("3 seconds", _simple(23, 3.0)),
    ("20 seconds", _simple(27, 20.0)),
    *((f"animal {subject}", _animal(subject)) for subject in range(1, 7)),
)
"""Good recordings: their names, and what makes them."""
