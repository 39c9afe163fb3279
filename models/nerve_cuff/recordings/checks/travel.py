"""How signals travel through the cuff: wiring, neighbours and delays from ring to ring."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding, contacts_text
from build_decoder.models.nerve_cuff.recordings.checks.order import order_findings
from build_decoder.models.nerve_cuff.recordings.processing import Processing
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["Coherence", "coherence", "travel_findings"]

_SEGMENT_SECONDS = 8.5e-3
_STRETCH = 64  # segments that are read together
_STRETCHES = 64  # at most, evenly spread
_GROUPS = 8  # the noise of a mean is estimated from its parts
_TRAVELS = 3.0  # times the noise, from which signals are taken to travel
_MISWIRED = 0.3  # within rings, of what there is between neighbouring rings
_CLEAR = 25.0  # times the noise, from which the place of a contact is judged
_BETTER = 0.25  # of similarity, that another place has to be
_UNEVEN = 0.6  # of the usual delay from ring to ring; 0.58 with much interference
_APART = 1.8  # times what a line's contacts on rings next to each other differ by; 1.48 likewise
_LATE = 3.0  # likewise, from which it is an error
_CANCELLED = 0.2  # power of a ring's mean, of what it is where contacts are independent
_MOST_STEPS = 4  # from ring to ring that are named
_NONE = 0.1  # correlation of neighbours where the order is lost; at least 0.32 in good recordings
_LOST = 0.02  # likewise, below which it is an error
_ALIKE = 0.25  # of what neighbours usually differ by; at least 0.55 in good recordings
_AGREEMENT = 0.2  # least usual correlation of neighbours that says something
_STRANGE = 0.35  # of it


@dataclass(frozen=True)
class Coherence:
    """Coherency of all pairs of contacts, averaged over the band.

    Parameters
    ----------
    real:
        (channels, channels): how alike signals are at the same time. Interference counts here.
    imaginary:
        Likewise, antisymmetric: positive where the second contact sees signals later. What
        reaches contacts at the same time, however strong, has none (Nolte et al., "Identifying
        true brain interaction from EEG data using the imaginary part of coherency", 2004).
    parts:
        Imaginary parts of coherency over parts of the recording, (parts, channels, channels).
    """

    real: np.ndarray
    imaginary: np.ndarray
    parts: np.ndarray

    @property
    def noise(self) -> float:
        """Variance of an imaginary value without any signal that travels."""
        return _noise(self.parts)

    def centred_noise(self, rings: int) -> float:
        """The same once the means of both rings are taken off: interference leaves less there."""
        contacts = self.parts.shape[1] // rings
        parts = self.parts.reshape(-1, rings, contacts, rings, contacts)
        for axis in (2, 4):
            parts = parts - parts.mean(axis=axis, keepdims=True)
        return _noise(parts)


def _noise(parts: np.ndarray) -> float:
    return float(max(parts.var(axis=0, ddof=1).mean() / len(parts), 1e-12))


def coherence(
    recording: Recording, processing: Processing, first: int = 0, last: int | None = None
) -> Coherence | None:
    """Coherency of a recording, or of samples `first` to `last`; None where there is too little."""
    length = 2 ** max(round(np.log2(recording.rate * _SEGMENT_SECONDS)), 3)
    samples = (len(recording.counts) if last is None else last) - first
    segments = samples // length
    if segments < 2 * _GROUPS:
        return None
    stretch = min(_STRETCH, segments // _GROUPS)
    starts = np.unique(
        np.linspace(0, samples - stretch * length, _STRETCHES).astype(int)
    )
    if len(starts) * stretch > segments:
        starts = np.arange(segments // stretch) * stretch * length
    frequency = np.fft.rfftfreq(length, 1 / recording.rate)
    band = (frequency >= processing.low_hz) & (frequency <= processing.high_hz)
    window = np.hanning(length).astype(np.float32)[:, None]
    channels = recording.cuff.channels
    sums = np.zeros((_GROUPS, band.sum(), channels, channels), np.complex64)
    for number, start in enumerate(starts + first):
        block = recording.counts[start : start + stretch * length].astype(np.float32)
        block = block.reshape(stretch, length, channels)
        block -= block.mean(axis=1, keepdims=True)
        spectrum = np.fft.rfft(block * window, axis=1)[:, band].astype(np.complex64)
        spectrum = np.ascontiguousarray(spectrum.transpose(1, 2, 0))
        sums[number % _GROUPS] += spectrum @ spectrum.conj().transpose(0, 2, 1)
    parts = np.array([_coherency(part).imag for part in sums if part.any()])
    if len(parts) < 2:  # nothing but zeros
        return None
    whole = _coherency(sums.sum(axis=0))
    return Coherence(whole.real, whole.imag, parts)


def _coherency(cross: np.ndarray) -> np.ndarray:
    power = np.sqrt(np.maximum(np.einsum("fii->fi", cross).real, 1e-30))
    return (cross / power[:, :, None] / power[:, None, :]).mean(axis=0)


def travel_findings(cuff: NerveCuff, found: Coherence) -> Iterator[Finding]:
    """What is wrong with the places of contacts, as far as signals that travel tell it."""
    if (yield from _cancelled(cuff, found)):
        return
    strange = yield from _neighbours(cuff, found)
    within, near = _power(found, np.arange(cuff.channels), cuff.rings)
    if max(within, near) < _TRAVELS * found.noise:
        return
    if within - found.noise > _MISWIRED * max(near - found.noise, found.noise):
        yield _miswired(cuff, found)
        return
    yield from _steps(cuff, found)
    misplaced = yield from _places(cuff, found, strange)
    usable = np.ones(cuff.channels, bool)
    usable[strange] = usable[misplaced] = False
    yield from order_findings(
        cuff, found.imaginary, found.centred_noise(cuff.rings), usable
    )


def _cancelled(cuff: NerveCuff, found: Coherence) -> Generator[Finding, None, bool]:
    """Rings whose contacts cancel, so that the tripole has nothing left; whether there is one."""
    blocks = found.real.reshape(cuff.rings, cuff.contacts, cuff.rings, cuff.contacts)
    # Power of a ring's mean, of that of a contact: 1 / contacts where they are independent.
    powers = np.einsum("qaqc->q", blocks) / cuff.contacts**2
    rings = np.flatnonzero(powers < _CANCELLED / cuff.contacts)
    if rings.size and cuff.contacts > 1:
        yield Finding(
            True,
            "neighbours",
            f"ring {', '.join(map(str, rings))}: the contacts cancel: is their mean taken off "
            "already, or are some inverted?",
        )
    return bool(rings.size) and cuff.contacts > 1


def _power(found: Coherence, order: np.ndarray, rings: int) -> tuple[float, float]:
    """Mean square of imaginary parts within rings, and between rings next to each other.

    `order` is the channel at each place, ring by ring.
    """
    squares = np.square(found.imaginary[np.ix_(order, order)])
    ring = np.arange(len(order)) // (len(order) // rings)
    apart = np.abs(ring[:, None] - ring)
    within = (apart == 0) & ~np.eye(len(order), dtype=bool)
    inside = squares[within].mean() if within.any() else 0.0
    return float(inside), float(squares[apart == 1].mean())


def _miswired(cuff: NerveCuff, found: Coherence) -> Finding:
    numbers = np.arange(cuff.channels)
    hint = "expected channels ring by ring"
    for rings, order, text in (
        (cuff.rings, numbers.reshape(cuff.contacts, cuff.rings).T.ravel(),
         "they look wired line by line along the nerve"),
        (cuff.contacts, numbers, f"they look like {cuff.contacts} rings of {cuff.rings}"),
    ):
        if rings < 2:
            continue
        within, near = _power(found, order, rings)
        if within - found.noise <= _MISWIRED * (near - found.noise):
            hint = text
            break
    return Finding(
        True,
        "wiring",
        f"all contacts: those of one ring see signals one after the other: {hint}",
    )


def _neighbours(cuff: NerveCuff, found: Coherence):
    """Contacts that do not agree with their neighbours on ring and line; returns which."""
    ring, contact = np.divmod(np.arange(cuff.channels), cuff.contacts)
    around = np.abs(contact[:, None] - contact)
    around = np.minimum(around, cuff.contacts - around)
    near = (np.abs(ring[:, None] - ring) + around) == 1
    agreement = np.array([
        np.median(found.real[channel, near[channel]]) for channel in range(cuff.channels)
    ])
    usual = np.median(agreement)
    if usual < _NONE:
        yield Finding(
            bool(usual < _LOST),
            "neighbours",
            f"all contacts: correlation with neighbours {usual:.2f}: are channels and samples in "
            "their order?",
        )
    if usual < _AGREEMENT:
        return np.empty(0, int)
    alike = np.triu(1 - found.real < _ALIKE * (1 - usual), 1)
    for pair in np.argwhere(alike):
        yield Finding(
            False,
            "neighbours",
            f"{contacts_text(pair, cuff)}: hardly differ, correlation "
            f"{found.real[tuple(pair)]:.4f}: shorted, or one of them twice?",
        )
    turned = np.flatnonzero(agreement < -_STRANGE * usual)
    strange = np.flatnonzero((agreement < _STRANGE * usual) & (agreement >= -_STRANGE * usual))
    if turned.size:
        yield Finding(
            True,
            "polarity",
            f"{contacts_text(turned, cuff)}: the sign is the opposite of the neighbours'",
        )
    if strange.size:
        yield Finding(
            True,
            "neighbours",
            f"{contacts_text(strange, cuff)}: correlation with neighbours "
            f"{agreement[strange].min():.2f}, usual is {usual:.2f}: open, dead or elsewhere?",
        )
    return np.concatenate([turned, strange])


def _steps(cuff: NerveCuff, found: Coherence) -> Iterator[Finding]:
    """Rings whose delay to the next is unlike the others': signals travel evenly."""
    rings = np.arange(cuff.rings - 1)
    shape = cuff.rings, cuff.contacts, cuff.rings, cuff.contacts
    (steps,), parts = (
        each.reshape(-1, *shape).mean(axis=(2, 4))[:, rings, rings + 1]
        for each in (found.imaginary, found.parts)
    )
    error = parts.std(axis=0, ddof=1) / np.sqrt(len(parts))
    usual, usual_error = steps.mean(), parts.mean(axis=1).std(ddof=1) / np.sqrt(len(parts))
    if abs(usual) < _TRAVELS * usual_error:
        return
    apart = np.abs(steps - usual)
    uneven = np.flatnonzero((apart > _UNEVEN * abs(usual)) & (apart > _TRAVELS * error))
    along = np.einsum("qapa->qp", found.real.reshape(shape))[rings, rings + 1] / cuff.contacts
    unlike = (1 - along) / max(1 - np.median(along), np.finfo(float).tiny)
    uneven = np.union1d(uneven, np.flatnonzero(unlike > _APART))
    if uneven.size:
        named = ", ".join(f"{ring} to {ring + 1}" for ring in uneven[:_MOST_STEPS])
        more = f" and {uneven.size - _MOST_STEPS} more" if uneven.size > _MOST_STEPS else ""
        yield Finding(
            bool(unlike.max() > _LATE),
            "delays",
            f"from ring {named}{more}: other delays, or less alike, than between other rings: does "
            "`cuff` say how many contacts a ring has, and do all contacts have one clock?",
        )


def _places(
    cuff: NerveCuff, found: Coherence, strange: np.ndarray
) -> Generator[Finding, None, np.ndarray]:
    """Contacts whose delays are those of another ring, which are returned; order of the rings."""
    rings, contacts = cuff.rings, cuff.contacts
    ring = np.arange(cuff.channels) // contacts
    usable = np.ones(cuff.channels, bool)
    usable[strange] = False
    rows = np.zeros((cuff.channels, rings))
    for channel in range(cuff.channels):
        for other in range(rings):
            members = usable & (ring == other)
            members[channel] = False
            if members.any():
                rows[channel, other] = found.imaginary[channel, members].mean()
    apart = ring[:, None] - np.arange(rings)
    lags = np.arange(1, rings)
    # Delay to the ring that is so many rings on; median, so that a few misplaced do no harm.
    later = np.array([
        (np.median(rows[usable][apart[usable] == -lag])
         - np.median(rows[usable][apart[usable] == lag])) / 2
        for lag in lags
    ])
    if later[0] < 0:
        yield Finding(
            False,
            "delays",
            f"nCAPs travel from ring {rings - 1} to ring 0: are the rings numbered from the "
            "other end?",
        )
    template = np.concatenate([-later[::-1], [0.0], later])
    places = np.arange(rings)
    shapes = np.array([template[places - place + rings - 1] for place in places])
    shapes = np.concatenate([shapes, -shapes])
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True)
    size = np.linalg.norm(rows, axis=1)
    clear = usable & (np.square(size) > _CLEAR * rings * found.noise / contacts)
    similar = rows @ shapes.T / np.maximum(size, 1e-30)[:, None]
    best = similar.argmax(axis=1)
    own = similar[np.arange(len(ring)), ring]
    wrong = clear & (best != ring) & (similar.max(axis=1) - own > _BETTER)
    for place in np.unique(best[wrong]):
        channels = np.flatnonzero(wrong & (best == place))
        if place < rings:
            text = f"delays as of ring {place}: in another place, or swapped?"
        else:
            text = f"delays as of ring {place - rings} with the opposite sign"
        yield Finding(True, "wiring", f"{contacts_text(channels, cuff)}: {text}")
    return np.flatnonzero(wrong)
