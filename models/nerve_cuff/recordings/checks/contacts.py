"""Rails and values that fold, stand still or repeat: what a contact tells by itself."""

from collections.abc import Iterator

import numpy as np

from build_decoder.models.nerve_cuff.recordings.checks.finding import (
    Finding,
    contacts_text,
    span_text,
    stretches,
)
from build_decoder.models.nerve_cuff.recordings.checks.scan import Scan
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["contact_findings"]

_RAIL_SAMPLES = 10  # fewer come by chance where the resolution is coarse
_RAIL_PART = 1e-3  # of all samples, from which it is an error
_STILL_PART = 1e-3  # likewise
_HELD_PART = 0.01  # of single samples, beside stretches that stand still
_WRAPPED_PART = 1e-4  # likewise
_STILL_LEAST = 0.02  # of a window: single short stops come by chance where resolution is coarse
_FOLDED = 0.005  # of the samples of 0.1 s; less than 0.001 in good recordings, 0.03 if rectified
_FOLDED_RATIO = 5.0  # beside those at the other end; 1 in good recordings


def contact_findings(recording: Recording, scan: Scan) -> Iterator[Finding]:
    """What is wrong with contacts one by one, and when."""
    moving = scan.still.mean(axis=0) < 0.5
    yield from _rails(recording, scan, moving)
    yield from _wrapped(recording, scan)
    yield from _folded(recording, scan, moving)
    yield from _stuck(recording, scan, moving)
    yield from _still(recording, scan)
    yield from _repeats(recording, scan, moving)


def _rails(recording: Recording, scan: Scan, moving: np.ndarray) -> Iterator[Finding]:
    counts = sum(side.count * moving for side in scan.rails)
    sitting = np.flatnonzero(counts >= _RAIL_SAMPLES)
    if not sitting.size:
        return
    part = counts[sitting].max() / len(recording.counts)
    sides = [(side.first[c], side.last[c]) for side in scan.rails for c in sitting if side.count[c]]
    first, last = min(a for a, _ in sides), max(b for _, b in sides)
    worst = sitting[np.argsort(-counts[sitting], kind="stable")]
    yield Finding(
        part >= _RAIL_PART,
        "rails",
        f"{contacts_text(worst, recording.cuff)}: up to {part:.2g} of the samples sit at the "
        f"largest or smallest value, {first / recording.rate:.5g} to {last / recording.rate:.5g} s",
    )


def _wrapped(recording: Recording, scan: Scan) -> Iterator[Finding]:
    """Values that go over one end and on at the other, or whose bytes are in the wrong order."""
    least = max(_RAIL_SAMPLES, _WRAPPED_PART * len(recording.counts))
    wrapped = np.flatnonzero(scan.jumps >= least)
    if wrapped.size:
        worst = wrapped[np.argsort(-scan.jumps[wrapped], kind="stable")]
        part = scan.jumps[worst[0]] / len(recording.counts)
        yield Finding(
            True,
            "rails",
            f"{contacts_text(worst, recording.cuff)}: up to {part:.2g} of the steps go from one "
            "end of the values to the other: wrapped round, or bytes in the wrong order?",
        )


def _folded(recording: Recording, scan: Scan, moving: np.ndarray) -> Iterator[Finding]:
    """Values that turn back at one end: magnitudes in place of values with a sign."""
    if not len(scan.level):
        return
    low, high = (np.median(part, axis=0) for part in scan.ends)
    most, least = np.maximum(low, high), np.minimum(low, high)
    folded = moving & (most >= _FOLDED) & (most >= _FOLDED_RATIO * least)
    if folded.any():
        channels = np.flatnonzero(folded)
        yield Finding(
            True,
            "rails",
            f"{contacts_text(channels, recording.cuff)}: up to {most[folded].max():.2g} of the "
            "samples lie close to one end of the values and few to the other: rectified?",
        )


def _stuck(recording: Recording, scan: Scan, moving: np.ndarray) -> Iterator[Finding]:
    """Bits of a converter that never change, though lower and higher ones do.

    All low bits may be constant: those of a coarser converter.
    """
    if scan.bits is None:
        return
    varies = scan.bits[0] ^ scan.bits[1]  # set in one value and not in another
    for bit in range(varies.dtype.itemsize * 8 - 1):
        lower = (varies & ((1 << bit) - 1)) != 0
        higher = (varies >> (bit + 1)) != 0
        # Two's complement: all bits above the span of the values vary with their sign.
        stuck = np.flatnonzero(moving & lower & higher & ((varies >> bit) & 1 == 0))
        if stuck.size:
            yield Finding(
                True,
                "rails",
                f"{contacts_text(stuck, recording.cuff)}: bit {bit} of the values never changes: "
                "a fault of the converter?",
            )


def _still(recording: Recording, scan: Scan) -> Iterator[Finding]:
    """Contacts that stay at one value: dead ones, and gaps that were filled up."""
    bad = scan.still >= _STILL_LEAST
    everywhere = bad.all(axis=1) | (scan.quiet > 0)
    if everywhere.any():
        channels = np.arange(recording.cuff.channels)
        part = np.maximum(scan.quiet, scan.still.min(axis=1))
        what = "no signal: the same value over and over, or filled up evenly"
        yield _stays(recording, scan, part * everywhere, channels, "gap", what)
    rest = bad & ~everywhere[:, None]
    if rest.any():
        worst = np.argsort(-np.where(rest, scan.still, 0).sum(axis=0), kind="stable")
        channels = worst[: np.count_nonzero(rest.any(axis=0))]
        part = scan.still[:, channels].max(axis=1) * rest.any(axis=1)
        what = "the same value over and over"
        yield _stays(recording, scan, part, channels, "repeats", what)


def _stays(
    recording: Recording,
    scan: Scan,
    parts: np.ndarray,
    channels: np.ndarray,
    kind: str,
    what: str,
) -> Finding:
    """`parts` are those of each window."""
    part = parts.sum() / len(parts)
    return Finding(
        part >= _STILL_PART,
        kind,
        f"{contacts_text(channels, recording.cuff)}: {what}, {part:.2g} of the recording, "
        f"{span_text(stretches(parts > 0), scan.window)}",
    )


def _repeats(recording: Recording, scan: Scan, moving: np.ndarray) -> Iterator[Finding]:
    if scan.repeats:
        rate = recording.rate
        first, last, before = scan.repeats[0]
        more = f", and {len(scan.repeats) - 1} more" if len(scan.repeats) > 1 else ""
        yield Finding(
            True,
            "repeats",
            f"all contacts: {first / rate:.5g} to {last / rate:.5g} s is what was at "
            f"{before / rate:.5g} s, bit for bit{more}",
        )
    held = scan.held / len(recording.counts)
    if held >= _HELD_PART and held > 2 * scan.still.mean():
        yield Finding(
            True,
            "repeats",
            f"all contacts: {held:.2g} of the samples are those before them: recorded at a lower "
            "rate, or lost samples filled up?",
        )
    pairs = [pair for pair in scan.equal if moving[list(pair)].all()]
    if pairs:
        channels = sorted({channel for pair in pairs for channel in pair})
        yield Finding(
            True, "repeats", f"{contacts_text(channels, recording.cuff)}: the same signal"
        )
