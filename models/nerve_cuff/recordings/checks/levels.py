"""Levels of contacts beside those of the others, and beside themselves at other times."""

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

__all__ = ["level_findings"]

_DEAD, _OPEN = 1 / 5, 5.0  # of the usual level
_LOW, _HIGH = 1 / 1.6, 1.6  # likewise, worth a warning; good ones are from 0.83 to 1.17
_RING = 1.5  # of all contacts of a ring; at most 1.06 in good recordings
_GROUP = 1.4  # of at least a quarter of the contacts
_APART = 1.3  # from the loudest of the softer ones to the softest of the louder; 1.02 in good ones
_SUSTAINED = 2  # windows in a row
_LEVELS = 0.02, 5_000.0  # microvolts; no amplifier has less noise, no nerve more
_USUAL_LEVELS = 0.1, 500.0  # a warning: simulated are 2 to 14, and one step of units is a thousand
_SEGMENT = 10  # windows, at least, whose median is compared with that of other times
_MOST_SEGMENTS = 20
_ALL_CHANGE = 2.0  # at most 1.3 in good recordings, which have bursts of EMG
_ONE_CHANGES = 1.6  # beside the others; 1.2 in good recordings


def level_findings(recording: Recording, scan: Scan) -> Iterator[Finding]:
    """Contacts, rings and times that are softer or louder than others."""
    cuff = recording.cuff
    live, moving = scan.still < 0.5, scan.still.mean(axis=0) < 0.5
    if not moving.any():
        return
    level = np.array([
        np.median(scan.level[live[:, c], c]) if live[:, c].any() else 0.0
        for c in range(cuff.channels)
    ])
    usual = np.median(level[moving])
    yield from _unit(usual * recording.microvolts_per_count)
    relative = np.where(moving, level / max(usual, np.finfo(float).tiny), 1.0)
    yield from _contacts(cuff, relative, moving)
    good = moving & (relative >= _DEAD) & (relative <= _OPEN) & (level > 0)
    if good.sum() < 2:
        return
    ratio = np.where(live, scan.level, np.nan)[:, good] / level[good]
    filled = np.isfinite(ratio).any(axis=1)
    together = np.ones(len(ratio))
    together[filled] = np.nanmedian(ratio[filled], axis=1)
    alone = ratio / np.maximum(together, np.finfo(float).tiny)[:, None]
    yield from _all_at_times(scan, together)
    for index, channel in enumerate(np.flatnonzero(good)):
        yield from _one_at_times(cuff, channel, scan, alone[:, index])


def _unit(microvolts: float) -> Iterator[Finding]:
    if not _USUAL_LEVELS[0] <= microvolts <= _USUAL_LEVELS[1]:
        yield Finding(
            not _LEVELS[0] <= microvolts <= _LEVELS[1],
            "level",
            f"all contacts: {microvolts:.3g} microvolts RMS from sample to sample, expected "
            f"{_USUAL_LEVELS[0]:g} to {_USUAL_LEVELS[1]:g}: is the unit or scale another one?",
        )


def _contacts(cuff: NerveCuff, relative: np.ndarray, moving: np.ndarray) -> Iterator[Finding]:
    for channels in (np.flatnonzero(relative < _DEAD), np.flatnonzero(relative > _OPEN)):
        yield from _another(True, cuff, channels, relative)
    group = _group(relative, moving)
    if group.size:
        others = np.setdiff1d(np.flatnonzero(moving), group)
        factor = np.median(relative[group]) / np.median(relative[others])
        yield Finding(
            False,
            "level",
            f"{contacts_text(group, cuff)}: {factor:.2g} times the level of the others: another "
            "gain?",
        )
        return
    rings = yield from _rings(cuff, np.where(moving, relative, np.nan))
    rest = ~np.isin(np.arange(cuff.channels) // cuff.contacts, rings)
    softer = rest & (relative < _LOW) & (relative >= _DEAD)
    louder = rest & (relative > _HIGH) & (relative <= _OPEN)
    for channels in (softer, louder):
        yield from _another(False, cuff, np.flatnonzero(channels), relative)


def _another(
    error: bool, cuff: NerveCuff, channels: np.ndarray, relative: np.ndarray
) -> Iterator[Finding]:
    if channels.size:
        low, high = (f"{end(relative[channels]):.2g}" for end in (np.min, np.max))
        factor = low if low == high else f"{low} to {high}"
        what = "open" if relative[channels[0]] > 1 else "dead, shorted"
        yield Finding(
            error,
            "level",
            f"{contacts_text(channels, cuff)}: {factor} times the level of the others, all the "
            f"time: {what} or another gain?",
        )


def _group(relative: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """The smaller part of contacts that fall into two parts of different levels; none else."""
    order = np.flatnonzero(moving)[np.argsort(relative[moving], kind="stable")]
    least = max(len(order) // 4, 2)
    levels = np.maximum(relative[order], np.finfo(float).tiny)
    steps = levels[least : len(order) - least + 1] / levels[least - 1 : len(order) - least]
    if not steps.size or steps.max() < _APART:
        return np.empty(0, int)
    first = least + int(steps.argmax())
    if np.median(levels[first:]) < _GROUP * np.median(levels[:first]):
        return np.empty(0, int)
    return np.sort(order[:first] if first < len(order) - first else order[first:])


def _rings(cuff: NerveCuff, relative: np.ndarray):
    """Rings whose contacts all have another level: the tripole lets interference through then."""
    told = []
    for ring, levels in enumerate(relative.reshape(cuff.rings, cuff.contacts)):
        levels = levels[np.isfinite(levels)]
        if len(levels) > 1 and (min(levels) > _RING or max(levels) < 1 / _RING):
            told.append(ring)
            yield Finding(
                False,
                "level",
                f"all contacts of ring {ring}: {np.median(levels):.2g} times the level of the "
                "others: another gain?",
            )
    return told


def _all_at_times(scan: Scan, together: np.ndarray) -> Iterator[Finding]:
    """Times at which all contacts are softer, or louder, than they are else."""
    told = False
    for error, bad, what in (
        (True, together < _DEAD, "hardly any signal: was the amplifier off?"),
        (False, together > _OPEN, "much louder than at other times: interference?"),
    ):
        runs = [run for run in stretches(bad) if run[1] - run[0] >= _SUSTAINED]
        if runs:
            told = True
            yield Finding(
                error, "level", f"all contacts: {what}, {span_text(runs, scan.window)}"
            )
    if not told:
        changed = _changed(together, _ALL_CHANGE, scan)
        if changed:
            yield Finding(False, "level", f"all contacts: {changed}: another gain?")


def _one_at_times(
    cuff: NerveCuff, channel: int, scan: Scan, alone: np.ndarray
) -> Iterator[Finding]:
    """Times at which one contact is softer or louder than else; `alone` is beside the others."""
    bad = (alone < _DEAD) | (alone > _OPEN)
    runs = [run for run in stretches(bad) if run[1] - run[0] >= _SUSTAINED]
    if runs:
        most = np.nanmax(np.abs(np.log(np.maximum(alone[bad], 1e-6))))
        yield Finding(
            True,
            "level",
            f"{contacts_text([channel], cuff)}: up to {np.exp(most):.2g} times louder or "
            f"softer than at other times, {span_text(runs, scan.window)}",
        )
        return
    changed = _changed(alone, _ONE_CHANGES, scan)
    if changed:
        yield Finding(
            False, "level", f"{contacts_text([channel], cuff)}: {changed}, beside the others"
        )


def _changed(values: np.ndarray, least: float, scan: Scan) -> str:
    """When levels are that many times those of another time for long; nothing if they are not."""
    count = min(len(values) // _SEGMENT, _MOST_SEGMENTS)
    if count < 2:
        return ""
    edges = np.linspace(0, len(values), count + 1).astype(int)
    runs = list(zip(edges, edges[1:], strict=False))
    medians = np.array([
        np.nanmedian(values[a:b]) if np.isfinite(values[a:b]).any() else np.nan for a, b in runs
    ])
    if not np.nanmax(medians) >= least * max(np.nanmin(medians), np.finfo(float).tiny):
        return ""
    loud, soft = (span_text([runs[int(end(medians))]], scan.window)
                  for end in (np.nanargmax, np.nanargmin))
    factor = np.nanmax(medians) / max(np.nanmin(medians), np.finfo(float).tiny)
    return f"{factor:.2g} times louder {loud} than {soft}"
