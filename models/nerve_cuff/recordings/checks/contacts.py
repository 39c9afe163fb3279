"""Rails, values that stand still or repeat, and levels: what a contact tells by itself."""

from collections.abc import Iterator

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff
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
_WRAPPED_PART = 1e-4  # likewise
_STILL_LEAST = 0.02  # of a window: single short stops come by chance where resolution is coarse
_DEAD, _OPEN = 1 / 5, 5.0  # of the usual level
_LOW, _HIGH = 1 / 2.5, 2.5  # from which it is worth a warning
_RING = 1.5  # of all contacts of a ring; at most 1.06 in good recordings
_SUSTAINED = 2  # windows in a row
_LEVELS = 0.02, 5_000.0  # microvolts; no amplifier has less noise, no nerve more
_USUAL_LEVELS = 0.1, 500.0  # a warning: simulated are 2 to 14, and one step of units is a thousand


def contact_findings(recording: Recording, scan: Scan) -> Iterator[Finding]:
    """What is wrong with contacts one by one, and when."""
    moving = scan.still.mean(axis=0) < 0.5
    yield from _rails(recording, scan, moving)
    yield from _wrapped(recording, scan)
    yield from _still(recording, scan)
    yield from _repeats(recording, scan, moving)
    if len(scan.level):
        yield from _levels(recording, scan, moving)


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
    pairs = [pair for pair in scan.equal if moving[list(pair)].all()]
    if pairs:
        channels = sorted({channel for pair in pairs for channel in pair})
        yield Finding(
            True, "repeats", f"{contacts_text(channels, recording.cuff)}: the same signal"
        )


def _levels(recording: Recording, scan: Scan, moving: np.ndarray) -> Iterator[Finding]:
    cuff = recording.cuff
    live = scan.still < 0.5
    level = np.array([
        np.median(scan.level[live[:, c], c]) if live[:, c].any() else 0.0
        for c in range(cuff.channels)
    ])
    if not moving.any():
        return
    usual = np.median(level[moving])
    microvolts = usual * recording.microvolts_per_count
    if not _USUAL_LEVELS[0] <= microvolts <= _USUAL_LEVELS[1]:
        yield Finding(
            not _LEVELS[0] <= microvolts <= _LEVELS[1],
            "level",
            f"all contacts: {microvolts:.3g} microvolts RMS from sample to sample, expected "
            f"{_USUAL_LEVELS[0]:g} to {_USUAL_LEVELS[1]:g}: is the unit or scale another one?",
        )
    relative = np.where(moving, level / max(usual, np.finfo(float).tiny), 1.0)
    for error, channels in (
        (True, np.flatnonzero((relative < _DEAD) | (relative > _OPEN))),
        (False, np.flatnonzero(((relative < _LOW) & (relative >= _DEAD))
                               | ((relative > _HIGH) & (relative <= _OPEN)))),
    ):
        for channel in channels:
            what = "open?" if relative[channel] > 1 else "dead or shorted?"
            yield Finding(
                error,
                "level",
                f"{contacts_text([channel], cuff)}: {relative[channel]:.2g} times the level of "
                f"the others, all the time: {what}",
            )
    yield from _rings(cuff, np.where(moving, relative, np.nan))
    good = moving & (relative >= _DEAD) & (relative <= _OPEN) & (level > 0)
    if good.sum() < 2:
        return
    ratio = np.where(live, scan.level, np.nan)[:, good] / level[good]
    filled = np.isfinite(ratio).any(axis=1)
    together = np.ones(len(ratio))
    together[filled] = np.nanmedian(ratio[filled], axis=1)
    yield from _together(scan, together)
    alone = ratio / np.maximum(together, np.finfo(float).tiny)[:, None]
    for index, channel in enumerate(np.flatnonzero(good)):
        bad = (alone[:, index] < _DEAD) | (alone[:, index] > _OPEN)
        runs = [run for run in stretches(bad) if run[1] - run[0] >= _SUSTAINED]
        if runs:
            most = np.nanmax(np.abs(np.log(np.maximum(alone[bad, index], 1e-6))))
            yield Finding(
                True,
                "level",
                f"{contacts_text([channel], cuff)}: up to {np.exp(most):.2g} times louder or "
                f"softer than at other times, {span_text(runs, scan.window)}",
            )


def _rings(cuff: NerveCuff, relative: np.ndarray) -> Iterator[Finding]:
    """Rings whose contacts all have another level: the tripole lets interference through then."""
    for ring, levels in enumerate(relative.reshape(cuff.rings, cuff.contacts)):
        levels = levels[np.isfinite(levels)]
        if len(levels) > 1 and (min(levels) > _RING or max(levels) < 1 / _RING):
            yield Finding(
                False,
                "level",
                f"all contacts of ring {ring}: {np.median(levels):.2g} times the level of the "
                "others: another gain?",
            )


def _together(scan: Scan, together: np.ndarray) -> Iterator[Finding]:
    """Times at which all contacts are much softer, or louder, than they are else."""
    for error, bad, what in (
        (True, together < _DEAD, "hardly any signal: was the amplifier off?"),
        (False, together > _OPEN, "much louder than at other times: interference?"),
    ):
        runs = [run for run in stretches(bad) if run[1] - run[0] >= _SUSTAINED]
        if runs:
            yield Finding(
                error, "level", f"all contacts: {what}, {span_text(runs, scan.window)}"
            )
