"""What becomes of faulty recordings of a nerve cuff, and of all the forms that people have.

``python -m build_decoder.bench.cuff_faults`` prints the tables of docs/cuff_recordings.md: each
fault and what is said of it, beside what became of it without a check; each form of file, read; and
good recordings, of which nothing must be said. ``--minutes 10`` measures time and memory of that
many minutes of 56 contacts in place of all that; it takes 0.2 GB of disk a minute. Exits with
status 1 if a fault is not told, a good recording is not passed, or memory exceeds 1 GB.
"""

import argparse
import contextlib
import io
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

from build_decoder.bench.cuff_forms import FORMS
from build_decoder.bench.cuff_recordings import FAULTS, GOOD, LONG, MIXED, good_recording
from build_decoder.models.arguments import LineParser, number
from build_decoder.models.command import exit_status
from build_decoder.models.nerve_cuff.recordings import (
    Detector,
    Recording,
    compare,
    cross_validated_f1,
    cuff_model,
    read_signatures,
    save_recording,
    signatures,
)
from build_decoder.models.nerve_cuff.recordings.__main__ import LEAST_SNR_DB
from build_decoder.models.nerve_cuff.recordings.__main__ import main as recordings

__all__ = ["main", "said"]

_MOST_BYTES = 10**9
_SECONDS = 4.0  # of the recording that faults are put into
_SHOWN = 150  # characters of what is said


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; returns the exit status."""
    parser = LineParser(
        prog="python -m build_decoder.bench.cuff_faults", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--minutes", type=number(0.1, 600), metavar="N")
    return exit_status(lambda: _run(parser.parse_args(argv)), prefix="bench.cuff_faults: ")


def _run(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        if options.minutes:
            return int(not _long(Path(name), options.minutes))
        tables = _faults, _mixed, _forms, _good
        return int(not all([table(Path(name)) for table in tables]))


def said(arguments: Iterable[object]) -> tuple[int, str, str]:
    """Status of a command of `models.nerve_cuff.recordings`, what it prints, and what it says."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        status = recordings(list(map(str, arguments)))
    lines = error.getvalue().strip().split("\n")
    return status, out.getvalue().strip(), lines[-1] if status else "; ".join(lines)


def _faults(folder: Path) -> bool:
    print("| fault | without a check | now |\n|---|---|---|")
    recording, told = good_recording(_SECONDS), True
    print(f"| none | {_unchecked(recording)} | {_outcome(recording, folder)[2]} |", flush=True)
    for name, (fault, kind) in FAULTS.items():
        faulty = fault(good_recording() if name in LONG else recording)
        status, error, text = _outcome(faulty, folder)
        told &= f"{kind}: " in error and (status == 2 or "warning" in error)
        print(f"| {name} | {_unchecked(faulty)} | {text} |", flush=True)
    return told


def _unchecked(recording: Recording) -> str:
    """What the search and nearest means make of it."""
    detector = Detector()
    cut, peaks = signatures(recording, detector), detector.peaks(recording)
    detection = compare(recording, peaks)
    loud = recording.event_snr_db >= LEAST_SNR_DB
    false = detection.false.mean() if len(peaks) else 0.0
    try:
        classes = int(cut.labels.max()) + 1
        score = cross_validated_f1(cut.spatial, cut.labels, classes=classes, seed=0).mean()
        text = f"F1 {score:.3f}"
    except ValueError:
        text = "no F1"
    return (
        f"{len(cut.labels)} signatures, {detection.found[loud].mean():.0%} found, "
        f"{false:.0%} false, {text}"
    )


def _outcome(recording: Recording, folder: Path) -> tuple[int, str, str]:
    """Status of the command that cuts, what it says on standard error, and both in a line."""
    path = folder / "r.npz"
    save_recording(recording, path)
    status, out, error = said(["signatures", path, "--output", folder / "s.npz"])
    error = error.replace(f"{path}: ", "")
    if status == 0:
        told = out.removeprefix(f"{folder / 's.npz'}: ").partition(", SHA")[0]
        return status, error, f"{_cut(error)}; {told}" if error else told
    return status, error, f"refused, {_cut(error.partition(', got ')[2])}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _mixed(folder: Path) -> bool:
    print("\n| second recording of an animal | now |\n|---|---|")
    told = True
    pair = [cuff_model("simple", 1).record(6.0, seed=seed) for seed in (1, 2)]
    for name, first, second, kind in MIXED:
        paths = folder / "first.npz", folder / "second.npz"
        for recording, change, path in zip(pair, (first, second), paths, strict=True):
            save_recording(change(recording), path)
        status, _, error = said(["signatures", *paths, "--output", folder / "s.npz"])
        file, _, error = error.replace(f"{folder}/", "").partition(": ")
        told &= status == 2 and f"{kind}: " in error
        # What the check says begins with what is expected of every recording.
        error = error.rpartition(" all the same), got ")[2]
        print(f"| {name} | {'refused, ' * (status == 2)}{file}, {_cut(error)} |", flush=True)
    return told


def _forms(folder: Path) -> bool:
    print("\n| form | now |\n|---|---|")
    recording = good_recording(3.0)
    path, same = folder / "plain.npz", True
    save_recording(recording, path)
    said(["signatures", path, "--output", folder / "plain_s.npz"])
    want = read_signatures(folder / "plain_s.npz")
    for name, suffix, write in FORMS:
        path, output = folder / f"form{suffix}", folder / "form_s.npz"
        write(recording, path)
        status, _, error = said(["signatures", path, "--output", output])
        if status:
            same, text = False, error
        else:
            got = read_signatures(output)
            equal = np.array_equal(got.peaks, want.peaks)
            equal = equal and np.array_equal(got.labels, want.labels)
            largest = np.abs(got.spatial - want.spatial).max() if equal else np.inf
            same &= bool(largest < 1e-4)
            text = f"the same {len(got.labels)} signatures, but for {largest:.0e} at most"
        print(f"| {name} | {text} |", flush=True)
        path.unlink()
    return same


def _good(folder: Path) -> bool:
    silent = 0
    print("\n| good recording | said of it |\n|---|---|")
    for name, make in GOOD:
        path = folder / "good.npz"
        save_recording(make(), path)
        status, _, error = said(["signatures", path, "--output", folder / "s.npz"])
        silent += status == 0 and not error
        print(f"| {name} | {error or 'nothing'} |", flush=True)
    print(f"\n{len(GOOD) - silent} false alarms in {len(GOOD)} good recordings")
    return silent == len(GOOD)


def _long(folder: Path, minutes: float) -> bool:
    """Whether a long recording is checked and cut in 1 GB."""
    path, output = folder / "long.npz", folder / "s.npz"
    _write_long(path, minutes)
    command = [sys.executable, "-m", "build_decoder.models.nerve_cuff.recordings", "signatures"]
    start = time.perf_counter()
    subprocess.run([*command, path, "--output", output], check=True)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(
        f"{minutes:g} minutes of 56 contacts at 30 kHz, {path.stat().st_size / 1e9:.2f} GB: "
        f"{seconds:.0f} s, at most {peak / 1e6:.0f} MB of memory"
    )
    return peak <= _MOST_BYTES


def _write_long(path: Path, minutes: float) -> None:
    """20 s over and over, each time with other noise, in an `.npz` file."""
    seconds = 20.0
    recording = good_recording(seconds)
    parts = max(round(minutes * 60 / seconds), 1)
    shape = parts * len(recording.counts), recording.cuff.channels
    header = {"descr": "<i2", "fortran_order": False, "shape": shape}
    spans, classes = [], []
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("counts.npy", "w", force_zip64=True) as member:
            npy_format.write_array_header_1_0(member, header)
            for part in range(parts):
                rng = np.random.default_rng(part)
                noise = rng.integers(-3, 4, recording.counts.shape, np.int16)
                member.write((recording.counts + noise).data)
                spans.append(recording.stimulus_spans + part * seconds)
                classes.append(recording.stimulus_classes)
        for name, array in (
            ("microvolts_per_count", np.array([recording.microvolts_per_count])),
            ("rate", np.array([recording.rate])),
            ("cuff", np.array([7, 8, 100, 3])),
            ("stimulus_spans", np.concatenate(spans)),
            ("stimulus_classes", np.concatenate(classes)),
        ):
            with archive.open(f"{name}.npy", "w") as member:
                npy_format.write_array(member, array)


if __name__ == "__main__":
    sys.exit(main())
