"""Simulates recordings of a nerve cuff, finds their nCAPs and cuts them into signatures.

python -m build_decoder.models.nerve_cuff.recordings simulate --subject 1 --seed 1 --seconds 20 \
    --output r.npz
python -m build_decoder.models.nerve_cuff.recordings detect r.npz
python -m build_decoder.models.nerve_cuff.recordings signatures r.npz --output signatures.npz
python -m build_decoder.models.nerve_cuff.recordings classify signatures.npz
"""

import argparse
import hashlib
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_decoder.models.arguments import LineParser, filled_path, number, whole_number
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.recordings.baseline import cross_validated_f1
from build_decoder.models.nerve_cuff.recordings.causal import CausalDetector
from build_decoder.models.nerve_cuff.recordings.detection import TOLERANCE, Detector, compare
from build_decoder.models.nerve_cuff.recordings.files import (
    read_recording,
    read_signatures,
    save_recording,
    save_signatures,
)
from build_decoder.models.nerve_cuff.recordings.recording import Recording
from build_decoder.models.nerve_cuff.recordings.signatures import Signatures, signatures
from build_decoder.models.nerve_cuff.recordings.simulator import CuffModel
from build_decoder.models.nerve_cuff.recordings.simulators import SIMULATORS, cuff_model

__all__ = ["LEAST_FOUND", "LEAST_SNR_DB", "MOST_FALSE", "main"]

LEAST_SNR_DB = 15.0  # nCAPs of at least this have to be found: 5.6 times the RMS of noise
LEAST_FOUND = 0.95  # of them
MOST_FALSE = 0.05  # of all peaks
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


def _detect(options: argparse.Namespace) -> int:
    return max(_detect_one(path, _detector(options)) for path in options.recordings)


def _detector(options: argparse.Namespace) -> Detector | CausalDetector:
    return CausalDetector() if options.causal else Detector()


def _detect_one(path: Path, detector: Detector | CausalDetector) -> int:
    recording = read_recording(path)
    peaks = _peaks(path, recording, detector)
    print(f"{path}: {recording.seconds:g} s, {len(peaks)} peaks")
    if not len(recording.event_times):
        print("  no nCAP is known, so none can be compared")
        return 0
    delay = detector.processing.delay(recording.rate)
    detection = compare(recording, peaks, delay=delay)
    snr = recording.event_snr_db
    print(f"  {'SNR, dB':<14}{'planted':>9}{'found':>9}")
    for low, high in zip(_BANDS_DB, _BANDS_DB[1:], strict=False):
        band = (snr >= low) & (snr < high)
        print(f"  {f'{low:g} to {high:g}':<14}{band.sum():>9}{detection.found[band].sum():>9}")
    loud = detection.found[snr >= LEAST_SNR_DB]
    # Nothing to find, or no peak at all, fails no limit of its own.
    found = loud.mean() if loud.size else 1.0
    false = detection.false.mean() if detection.false.size else 0.0
    print(
        f"  from {LEAST_SNR_DB:g} dB: {loud.sum()} of {loud.size} found within "
        f"{TOLERANCE * 1e3:g} ms, {found:.2%}; false: {detection.false.sum()} of "
        f"{len(peaks)} peaks, {false:.2%}"
    )
    return int(found < LEAST_FOUND or false > MOST_FALSE)


def _signatures(options: argparse.Namespace) -> int:
    recording = read_recording(options.recording)
    detector = _detector(options)
    _peaks(options.recording, recording, detector)
    cut = signatures(recording, detector)
    if not len(cut.labels):
        raise InputError.at(
            options.recording, "", expected="an nCAP during a stimulus", got="none found"
        )
    save_signatures(cut, options.output)
    numbers = np.bincount(cut.labels, minlength=recording.cuff.classes)
    print(
        f"{options.output}: {len(cut.labels)} signatures, {', '.join(map(str, numbers))} of each "
        f"class, SHA-256 {_digest(cut)}"
    )
    return 0


def _classify(options: argparse.Namespace) -> int:
    measured = read_signatures(options.signatures)
    try:
        scores = cross_validated_f1(
            measured.spatial, measured.labels, classes=int(measured.labels.max()) + 1, seed=0
        )
    except ValueError as error:
        raise InputError(f"{options.signatures}: labels: {error}") from None
    print(
        f"{options.signatures}: nearest mean, macro F1 {scores.mean():.3f} "
        f"({', '.join(f'{score:.3f}' for score in scores)})"
    )
    return 0


def _peaks(
    path: Path, recording: Recording, detector: Detector | CausalDetector
) -> np.ndarray:
    try:
        return detector.peaks(recording)
    except ValueError as error:  # too slow or too short for the filter
        raise InputError(f"{path}: {error}") from None


def _digest(cut: Signatures) -> str:
    digest = hashlib.sha256()
    for array in (cut.spatial, cut.labels, cut.peaks):
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status: 1 where ``detect`` misses its limits."""
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

    detect = commands.add_parser("detect", help="find nCAPs and compare with those planted")
    detect.set_defaults(run=_detect)
    detect.add_argument("recordings", type=filled_path, nargs="+", metavar="FILE")

    cut = commands.add_parser("signatures", help="cut the nCAPs found into labelled signatures")
    cut.set_defaults(run=_signatures)
    cut.add_argument("recording", type=filled_path, metavar="FILE")
    cut.add_argument("--output", type=filled_path, required=True, metavar="FILE.npz")

    for command in (detect, cut):
        command.add_argument(
            "--causal",
            action="store_true",
            help="filter, find and scale nCAPs as a chip can while samples come",
        )

    classify = commands.add_parser("classify", help="macro F1 of nearest means, 3 folds")
    classify.set_defaults(run=_classify)
    classify.add_argument("signatures", type=filled_path, metavar="FILE.npz")

    def run() -> int:
        options = parser.parse_args(arguments)
        return options.run(options)

    return exit_status(run)


if __name__ == "__main__":
    sys.exit(main())
