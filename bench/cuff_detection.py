"""What detection finds of overlapping, asynchronous nCAPs, and what it loses and why.

``python -m build_decoder.bench.cuff_detection`` records 5 simulated animals with 2 seeds each, at
four spreads of the times at which the fibres of an nCAP fire, searches each by the paper's steps
and by causal ones, and prints tables in Markdown. An nCAP is found if a peak lies within 0.1 ms of
its own peak without noise or other nCAPs. Counts go to build/cuff/detection.json; what is there
already is not recorded again. ``--table`` prints what there is.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.models.files.atomic_file import write_atomically
from build_decoder.models.nerve_cuff.recordings import (
    CausalDetector,
    CuffModel,
    Detector,
    Recording,
    compare,
    cuff_model,
)
from build_decoder.models.nerve_cuff.recordings.__main__ import LEAST_SNR_DB

__all__ = ["counts_of", "main"]

RESULTS = Path("build/cuff/detection.json")
SECONDS = 10.0
ANIMALS, SEEDS = range(1, 6), (1, 2)
ASYNCHRONY_MS = (0.2, 0.03, 0.1, 0.3)  # the default first

_DETECTORS = {"paper": Detector(), "causal": CausalDetector()}
_LEVELS_DB = (-np.inf, 9.0, 12.0, 15.0, 18.0, 21.0, np.inf)
_GAPS_MS = (0.0, 0.5, 1.0, 50 / 30, 100 / 30, np.inf)  # a half and a whole signature among them
_NEAR_MS = 0.5
_LOST = (
    "a peak is found 0.1 to 0.5 ms off: others or noise moved it",
    "a larger peak is found within half a signature",
    "no peak there is above the threshold",
)
_FALSE = (
    "0.1 to 0.5 ms from an nCAP: its peak, moved",
    "within half a signature of an nCAP: a part of it",
    "no nCAP is near",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Record what is missing, unless told not to, and print the tables; the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.cuff_detection", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--table", action="store_true", help="record nothing")
    return exit_status(
        lambda: _run(parser.parse_args(argv)), prefix="bench.cuff_detection: "
    )


def _run(options: argparse.Namespace) -> int:
    rows = _read()
    if not options.table:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        for name, model, seed in _recordings():
            if name not in rows:
                recording = model.record(SECONDS, seed=seed)
                rows[name] = {key: counts_of(recording, one) for key, one in _DETECTORS.items()}
                with write_atomically(RESULTS) as stream:
                    stream.write(json.dumps(rows, indent=1).encode())
                print(name, file=sys.stderr, flush=True)
    if not rows:
        raise InputError.at(RESULTS, "", expected="at least one row", got="none")
    for line in _tables(rows):
        print(line)
    return 0


def _recordings() -> Iterator[tuple[str, CuffModel, int]]:
    for asynchrony in ASYNCHRONY_MS:
        for animal in ANIMALS:
            model = cuff_model("animal", animal)
            volley = replace(model.nerve.volley, jitter_ms=asynchrony)
            model = replace(model, nerve=replace(model.nerve, volley=volley))
            for seed in SEEDS:
                yield f"{asynchrony:g} ms, animal {animal}, seed {seed}", model, seed


def _read() -> dict[str, dict]:
    """Counts by the name of the recording, and by the way of detection."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def counts_of(recording: Recording, detector: Detector | CausalDetector) -> dict[str, Any]:
    """Counts of what `detector` finds and loses of a recording's nCAPs.

    Returns
    -------
    ``levels`` and ``gaps``: planted and found nCAPs by signal-to-noise ratio, and those of at least
    15 dB by the time to the nearest other nCAP. ``lost`` and ``false``: nCAPs of at least 15 dB
    that are lost, and false peaks, by what is near. ``peaks``: how many.
    """
    peaks = detector.peaks(recording)
    delay = detector.processing.delay(recording.rate)
    detection = compare(recording, peaks, delay=delay)
    loud = recording.event_snr_db >= LEAST_SNR_DB
    times = peaks / recording.rate - delay
    lost, off = loud & ~detection.found, detection.false
    return {
        "levels": _found(recording.event_snr_db, detection.found, _LEVELS_DB),
        "gaps": _found(_gaps_ms(recording.event_times)[loud], detection.found[loud], _GAPS_MS),
        "lost": _near(recording.event_times[lost], times, recording),
        "false": _near(times[off], recording.event_times, recording),
        "peaks": len(peaks),
    }


def _found(values: np.ndarray, found: np.ndarray, edges: Sequence[float]) -> list[list[int]]:
    place = np.searchsorted(edges, values, side="right")
    counts = (np.bincount(place[chosen], minlength=len(edges)) for chosen in (slice(None), found))
    return [list(map(int, pair)) for pair in zip(*counts, strict=True)][1:]


def _gaps_ms(times: np.ndarray) -> np.ndarray:
    """Milliseconds from each of `times`, in order, to the nearest other."""
    gaps = np.diff(times, prepend=-np.inf, append=np.inf) * 1e3
    return np.minimum(gaps[:-1], gaps[1:])


def _near(times: np.ndarray, others: np.ndarray, recording: Recording) -> list[int]:
    """How many of `times` have one of `others` within 0.5 ms, half a signature, or neither."""
    distance = np.full(len(times), np.inf)
    if len(others):
        distance = np.abs(times[:, None] - others).min(axis=1)
    half = recording.cuff.samples // 2 / recording.rate
    moved = int(np.count_nonzero(distance <= _NEAR_MS * 1e-3))
    close = int(np.count_nonzero(distance <= half)) - moved
    return [moved, close, len(times) - moved - close]


def _tables(rows: dict[str, dict]) -> Iterator[str]:
    default = [one for name, one in rows.items() if name.startswith(f"{ASYNCHRONY_MS[0]:g} ms")]
    yield from _pairs("SNR of the nCAP, dB", "levels", _LEVELS_DB, default)
    yield from _pairs("nearest other nCAP, ms (from 15 dB)", "gaps", _GAPS_MS, default)
    yield from _asynchrony(rows)
    yield from _reasons("nCAPs from 15 dB that are lost", "lost", _LOST, default)
    yield from _reasons("peaks that are false", "false", _FALSE, default)


def _pairs(
    head: str, key: str, edges: Sequence[float], rows: Sequence[dict]
) -> Iterator[str]:
    yield f"\n| {head} | planted | found, paper's steps | found, causal |\n|---|---|---|---|"
    paper, causal = (_sum(rows, way, key) for way in _DETECTORS)
    for index, (low, high) in enumerate(zip(edges, edges[1:], strict=False)):
        planted = paper[index, 0]
        shares = (_share(one[index, 1], one[index, 0]) for one in (paper, causal))
        yield f"| {_between(low, high)} | {planted:,} | {' | '.join(shares)} |"


def _asynchrony(rows: dict[str, dict]) -> Iterator[str]:
    yield ("\n| fibres fire within, ms | found from 15 dB, paper's steps | causal "
           "| false, paper's steps | causal |\n|---|---|---|---|---|")
    for asynchrony in sorted(ASYNCHRONY_MS):
        chosen = [one for name, one in rows.items() if name.startswith(f"{asynchrony:g} ms")]
        if chosen:
            found = (_sum(chosen, way, "gaps").sum(axis=0) for way in _DETECTORS)
            false = (
                (_sum(chosen, way, "false").sum(), _sum(chosen, way, "peaks"))
                for way in _DETECTORS
            )
            shares = [_share(some, whole) for whole, some in found]
            shares += [_share(some, whole) for some, whole in false]
            yield f"| {asynchrony:g} | {' | '.join(shares)} |"


def _reasons(
    head: str, key: str, reasons: Sequence[str], rows: Sequence[dict]
) -> Iterator[str]:
    yield f"\n| {head} | paper's steps | causal |\n|---|---|---|"
    counts = [_sum(rows, way, key) for way in _DETECTORS]
    for index, reason in enumerate(reasons):
        shares = (f"{one[index]} ({_share(one[index], one.sum())})" for one in counts)
        yield f"| {reason} | {' | '.join(shares)} |"


def _sum(rows: Sequence[dict], way: str, key: str) -> np.ndarray:
    return np.sum([row[way][key] for row in rows], axis=0)


def _share(some: int, whole: int) -> str:
    return f"{some / whole:.1%}" if whole else "–"


def _between(low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"below {high:g}"
    return f"from {low:.3g}" if not np.isfinite(high) else f"{low:.3g} to {high:.3g}"


if __name__ == "__main__":
    sys.exit(main())
