"""Simulates and checks recordings of a nerve cuff, finds nCAPs and cuts them into signatures.

python -m build_decoder.models.nerve_cuff.recordings simulate --subject 1 --seed 1 --seconds 20 \
    --output r.npz
python -m build_decoder.models.nerve_cuff.recordings check r.npz
python -m build_decoder.models.nerve_cuff.recordings detect r.npz
python -m build_decoder.models.nerve_cuff.recordings signatures r.npz --output signatures.npz
python -m build_decoder.models.nerve_cuff.recordings classify signatures.npz
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.models.arguments import LineParser, filled_path, number, whole_number
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.recordings.baseline import cross_validated_f1
from build_decoder.models.nerve_cuff.recordings.causal import CausalDetector, CausalProcessing
from build_decoder.models.nerve_cuff.recordings.cutting import checked_recording, cut_recordings
from build_decoder.models.nerve_cuff.recordings.detection import TOLERANCE, Detector, compare
from build_decoder.models.nerve_cuff.recordings.files import save_recording
from build_decoder.models.nerve_cuff.recordings.processing import Processing
from build_decoder.models.nerve_cuff.recordings.signature_files import (
    read_signatures,
    say_overridden,
)
from build_decoder.models.nerve_cuff.recordings.simulator import CuffModel
from build_decoder.models.nerve_cuff.recordings.simulators import SIMULATORS, cuff_model

__all__ = ["LEAST_SNR_DB", "main"]

LEAST_SNR_DB = 15.0  # nCAPs of at least this stand out: 5.6 times the RMS of noise
_BANDS_DB = (-math.inf, 9.0, 12.0, LEAST_SNR_DB, 18.0, 21.0, math.inf)


def _simulate(options: argparse.Namespace) -> int:
    model = cuff_model(options.simulator, options.subject, snr_db=options.snr)
    try:
        recording = model.record(options.seconds, seed=options.seed)
    except ValueError:
        raise InputError.at(
            "simulate", "", expected="--seconds with time for an nCAP", got=f"{options.seconds:g}"
        ) from None
    save_recording(recording, options.output)
    print(
        f"{options.output}: {recording.seconds:g} s, {len(recording.event_times)} nCAPs, "
        f"{len(recording.stimulus_spans)} stimuli"
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    detector, errors = _detector(options), 0
    for path in options.recordings:
        recording, found = checked_recording(path, detector, force=True)
        errors += sum(one.error for one in found)
        seconds = f"{recording.seconds:g} s"
        if found:
            warned = sum(not one.error for one in found)
            print(f"{path}: {seconds}, {len(found) - warned} errors, {warned} warnings")
        else:
            print(f"{path}: {seconds}, nothing wrong was found")
    return int(errors > 0)


def _detect(options: argparse.Namespace) -> int:
    """Tell what is found; how much that should be depends on the animal, so nothing is judged."""
    for path in options.recordings:
        _detect_one(path, options)
    return 0


def _detect_one(path: Path, options: argparse.Namespace) -> None:
    detector = _detector(options)
    recording, _ = checked_recording(path, detector, force=options.force, classes=False)
    peaks = detector.peaks(recording)
    print(f"{path}: {recording.seconds:g} s, {len(peaks)} peaks")
    if not len(recording.event_times):
        print("  no nCAP is known, so none can be compared")
        return
    delay = detector.processing.delay(recording.rate)
    detection = compare(recording, peaks, delay=delay)
    snr = recording.event_snr_db
    print(f"  {'SNR, dB':<14}{'planted':>9}{'found':>9}")
    for low, high in zip(_BANDS_DB, _BANDS_DB[1:], strict=False):
        band = (snr >= low) & (snr < high)
        print(f"  {f'{low:g} to {high:g}':<14}{band.sum():>9}{detection.found[band].sum():>9}")
    loud = detection.found[snr >= LEAST_SNR_DB]
    print(
        f"  from {LEAST_SNR_DB:g} dB: {loud.sum()} of {loud.size} found within "
        f"{TOLERANCE * 1e3:g} ms{_share(loud)}; false: {detection.false.sum()} of "
        f"{len(peaks)} peaks{_share(detection.false)}"
    )


def _share(chosen: np.ndarray) -> str:
    return f", {chosen.mean():.2%}" if chosen.size else ""


def _signatures(options: argparse.Namespace) -> int:
    cut, digest = cut_recordings(
        options.recordings, options.output, _detector(options), force=options.force
    )
    numbers = np.bincount(cut.labels, minlength=cut.cuff.classes)
    print(
        f"{options.output}: {len(cut.labels)} signatures, {', '.join(map(str, numbers))} of each "
        f"class, SHA-256 {digest}"
    )
    return 0


def _classify(options: argparse.Namespace) -> int:
    measured = read_signatures(options.signatures)
    say_overridden(options.signatures, measured.provenance)
    cuff = measured.cuff
    classes = cuff.classes if cuff else int(measured.labels.max()) + 1
    try:
        scores = cross_validated_f1(measured.spatial, measured.labels, classes=classes, seed=0)
    except ValueError as error:
        raise InputError(f"{options.signatures}: labels: {error}") from None
    print(
        f"{options.signatures}: nearest mean, macro F1 {scores.mean():.3f} "
        f"({', '.join(f'{score:.3f}' for score in scores)})"
    )
    return 0


def _detector(options: argparse.Namespace) -> Detector:
    try:
        if options.causal:
            return CausalDetector(processing=CausalProcessing(*options.band))
        return Detector(processing=Processing(*options.band))
    except ValueError as error:
        raise InputError(f"--band: {error}") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status: 1 where ``check`` finds an error."""
    parser = LineParser(
        prog="python -m build_decoder.models.nerve_cuff.recordings",
        description="Recordings of a nerve cuff: simulate, find nCAPs, cut signatures.",
    )
    commands = parser.add_subparsers(required=True)

    simulate = commands.add_parser("simulate", help="write a recording whose nCAPs are known")
    simulate.set_defaults(run=_simulate)
    simulate.add_argument("--subject", type=whole_number(0, 2**32 - 1), default=1, metavar="N")
    simulate.add_argument("--seed", type=whole_number(0, 2**32 - 1), default=1)
    simulate.add_argument("--seconds", type=number(0.01, 300), default=20.0, metavar="T")
    simulate.add_argument(
        "--snr",
        type=number(-40, 60),
        metavar="DB",
        help=f"median of the nCAPs; default: the animal's own, {CuffModel.snr_db:g} of the simple "
        "simulator",
    )
    simulate.add_argument(
        "--simulator",
        choices=SIMULATORS,
        default=SIMULATORS[0],
        help="animals that differ, with nCAPs that spread and overlap, or the simple one; "
        "default: %(default)s",
    )
    simulate.add_argument("--output", type=filled_path, required=True, metavar="FILE.npz|FILE.mat")

    check = commands.add_parser("check", help="say what is wrong with recordings")
    check.set_defaults(run=_check)
    check.add_argument("recordings", type=filled_path, nargs="+", metavar="FILE")
    _add_processing(check)

    detect = commands.add_parser("detect", help="find nCAPs and compare with those planted")
    detect.set_defaults(run=_detect)
    detect.add_argument("recordings", type=filled_path, nargs="+", metavar="FILE")
    _add_processing(detect)
    _add_force(detect)

    cut = commands.add_parser("signatures", help="cut the nCAPs found into labelled signatures")
    cut.set_defaults(run=_signatures)
    cut.add_argument(
        "recordings", type=filled_path, nargs="+", metavar="FILE", help="all of one animal"
    )
    cut.add_argument("--output", type=filled_path, required=True, metavar="FILE.npz")
    _add_processing(cut)
    _add_force(cut)

    classify = commands.add_parser("classify", help="macro F1 of nearest means, 3 folds")
    classify.set_defaults(run=_classify)
    classify.add_argument("signatures", type=filled_path, metavar="FILE.npz")

    def run() -> int:
        options = parser.parse_args(arguments)
        return options.run(options)

    return exit_status(run)


def _add_processing(parser: argparse.ArgumentParser) -> None:
    usual = Processing()
    parser.add_argument(
        "--band",
        type=number(0.1, 1e6),
        nargs=2,
        default=(usual.low_hz, usual.high_hz),
        metavar=("LOW", "HIGH"),
        help=f"edges of the band-pass filter, Hz; default: {usual.low_hz:g} {usual.high_hz:g}",
    )
    parser.add_argument(
        "--causal",
        action="store_true",
        help="filter, find and scale nCAPs as a chip can while samples come",
    )


def _add_force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--force", action="store_true", help="use recordings in which the check finds errors"
    )


if __name__ == "__main__":
    sys.exit(main())
