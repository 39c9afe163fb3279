"""Recordings of one animal, checked and cut into one file of signatures."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from build_decoder.models.class_names import distinct_names
from build_decoder.models.command import say
from build_decoder.models.errors import InputError, shown
from build_decoder.models.nerve_cuff.recordings.agreement import (
    LabelAgreement,
    exchanged_classes,
)
from build_decoder.models.nerve_cuff.recordings.checks import Finding, check
from build_decoder.models.nerve_cuff.recordings.detection import Detector
from build_decoder.models.nerve_cuff.recordings.files import read_recording
from build_decoder.models.nerve_cuff.recordings.gain import GAINS
from build_decoder.models.nerve_cuff.recordings.provenance import Provenance, Source
from build_decoder.models.nerve_cuff.recordings.recording import Recording
from build_decoder.models.nerve_cuff.recordings.repeated import first_repeated
from build_decoder.models.nerve_cuff.recordings.signature_files import write_signatures
from build_decoder.models.nerve_cuff.recordings.signatures import (
    Signatures,
    labelled_peaks,
    quiet_starts,
    windows_at,
)

__all__ = ["checked_recording", "cut_recordings"]

_NOISE_WINDOWS = 500  # of all recordings together
_NOISE_SEED = 1
_OTHER_NOISE = 2.5  # times that of the first recording of an animal, worth a warning
_OTHER_SCALE = 5.0  # likewise, an error: the cuff, the nerve and the amplifier are the same


@dataclass
class _Part:
    """A recording, its labelled peaks, where its windows of noise begin, and microvolts of it."""

    path: Path
    recording: Recording
    peaks: np.ndarray
    labels: np.ndarray
    quiet: np.ndarray
    noise: float


def checked_recording(
    path: Path, detector: Detector, *, force: bool, classes: bool = True
) -> tuple[Recording, tuple[Finding, ...]]:
    """The recording in a file, and what its check found, which is printed on standard error.

    Parameters
    ----------
    force:
        Whether errors are passed over.
    classes:
        Whether labels count: they do not where nCAPs are but searched for.

    Raises
    ------
    InputError
        The file is not as it must be, or the check found an error and is not forced.
    """
    recording = read_recording(path)
    try:
        found = check(recording, detector.processing)
    except ValueError as error:  # too slow or too short for the filter
        raise InputError(f"{path}: {error}{_hint(recording, detector)}") from None
    if not classes:
        found = tuple(one for one in found if one.kind != "labels")
    _tell(path, found, force=force)
    return recording, found


def _tell(path: Path, found: Sequence[Finding], *, force: bool) -> None:
    """Print what is passed over; raise `InputError` where that is not all."""
    errors = [one for one in found if one.error]
    for one in found:
        if force or not one.error:
            say(f"{path}: {'error' if one.error else 'warning'}: {one}")
    if errors and not force:
        raise InputError.at(
            path,
            "",
            expected="a recording without errors (--force uses it all the same)",
            got=f"{len(errors)}: {'; '.join(map(str, errors))}",
        )


def _hint(recording: Recording, detector: Detector) -> str:
    slow = recording.rate <= 2 * detector.processing.high_hz
    return " (--band LOW HIGH says which band to search)" if slow else ""


def cut_recordings(
    paths: Sequence[Path], output: Path, detector: Detector, *, force: bool
) -> tuple[Signatures, str]:
    """Cut the recordings of one animal into one file of signatures.

    Returns
    -------
    What the file says, but for the signatures themselves, and the SHA-256 of what was cut.

    Raises
    ------
    InputError
        A recording is not as it must be, they are not alike, or there is nothing to cut.
    """
    parts, findings, digests = [], [], {}
    for number, path in enumerate(paths):
        digest = _sha256(path)
        if digest in digests:
            raise InputError.at(
                path, "", expected="another recording", got=f"that of {digests[digest]} again"
            )
        digests[digest] = path
        recording, found = checked_recording(path, detector, force=force)
        findings += [(path, one) for one in found]
        if not len(recording.stimulus_spans):
            raise InputError.at(
                path, "stimulus_spans", expected="stimuli, which label signatures", got="none"
            )
        part = _part(path, recording, detector, number, len(paths))
        _require_other(part, parts)
        parts.append(part)
    names = _same_classes(parts)
    cuff = parts[0].recording.cuff
    labels = np.concatenate([part.labels for part in parts])
    if not len(labels):
        raise InputError.at(paths[0], "", expected="an nCAP during a stimulus", got="none found")
    for part, one in (*_without_signatures(parts, labels, names), *_other_scales(parts)):
        findings.append((part.path, one))
        _tell(part.path, (one,), force=force)
    band = detector.processing.low_hz, detector.processing.high_hz
    sources = [
        Source(part.path.name, digest, part.recording.seconds, part.recording.rate,
               len(part.labels))
        for part, digest in zip(parts, digests, strict=True)
    ]
    noise = np.empty((sum(len(part.quiet) for part in parts), cuff.channels, cuff.samples),
                     np.float32)
    described = Signatures(
        np.empty((0, cuff.channels, cuff.samples), np.float32),
        labels,
        np.concatenate([part.peaks for part in parts]),
        cuff,
        noise,
        Provenance(tuple(sources), band, names),
        detector.gain,
    )
    agreements = [LabelAgreement(part.recording, part.labels, part.peaks) for part in parts]

    def describe() -> Signatures:
        """What is known once all is cut."""
        for part, agreement in zip(parts, agreements, strict=True):
            found = tuple(agreement.findings())
            findings.extend((part.path, one) for one in found)
            _tell(part.path, found, force=force)
        if len(parts) > 1:
            for number, one in exchanged_classes(agreements):
                findings.append((parts[number].path, one))
                _tell(parts[number].path, (one,), force=force)
        lines = [
            tuple(f"{path.name}: {one}" for path, one in findings if one.error is error)
            for error in (True, False)
        ]
        provenance = replace(described.provenance, overridden=lines[0], warnings=lines[1])
        return replace(described, provenance=provenance)

    windows = _cut(parts, detector, noise, agreements)
    digest, made = write_signatures(described, windows, output, describe)
    return made, digest


def _require_other(part: _Part, before: Sequence[_Part]) -> None:
    """Raise `InputError` where a recording is one of those before, in another form."""
    for other in before:
        first = first_repeated(part.peaks, other.peaks)
        if first is not None:
            raise InputError.at(
                part.path,
                "",
                expected="another recording",
                got=f"nCAPs that are those of {other.path}, from "
                f"{first / part.recording.rate:.5g} s",
            )


def _without_signatures(
    parts: Sequence[_Part], labels: np.ndarray, names: Sequence[str]
) -> Iterator[tuple[_Part, Finding]]:
    """Classes of which no nCAP was found, though there are stimuli."""
    heard = np.concatenate([part.recording.stimulus_classes for part in parts])
    for label in np.setdiff1d(heard, labels):
        name = names[label] if names else str(label)
        yield parts[-1], Finding(
            True, "labels", f"no nCAP was found in any stimulus of class {name}"
        )


def _other_scales(parts: Sequence[_Part]) -> Iterator[tuple[_Part, Finding]]:
    """Recordings whose noise is much larger or smaller than that of the first."""
    for part in parts[1:]:
        ratio = part.noise / max(parts[0].noise, np.finfo(float).tiny)
        if not 1 / _OTHER_NOISE < ratio < _OTHER_NOISE:
            yield part, Finding(
                not 1 / _OTHER_SCALE < ratio < _OTHER_SCALE,
                "level",
                f"all contacts: {ratio:.3g} times the noise of {parts[0].path.name}: is the unit, "
                "scale or gain another one?",
            )


def _part(
    path: Path, recording: Recording, detector: Detector, number: int, of: int
) -> _Part:
    found = detector.peaks(recording)
    peaks, labels = labelled_peaks(recording, found)
    windows = _NOISE_WINDOWS * (number + 1) // of - _NOISE_WINDOWS * number // of
    try:
        quiet = quiet_starts(recording, found, windows=windows, seed=_NOISE_SEED + number)
    except ValueError:  # training then takes deviations from class means for noise
        quiet = np.empty(0, np.int64)
    noise = detector.deviation(recording) * recording.microvolts_per_count if of > 1 else 0.0
    return _Part(path, recording, peaks, labels, quiet, noise)


def _cut(
    parts: Sequence[_Part], detector: Detector, noise: np.ndarray,
    agreements: Sequence[LabelAgreement],
) -> Iterator[np.ndarray]:
    """Signatures in order, a block of a recording at a time; fills `noise` on the way."""
    begin = 0
    for part, agreement in zip(parts, agreements, strict=True):
        count = len(part.peaks)
        before = part.recording.cuff.samples // 2
        starts = np.concatenate([part.peaks - before, part.quiet])
        for here, windows in windows_at(part.recording, detector, starts):
            is_noise = here >= count
            noise[begin + here[is_noise] - count] = windows[is_noise]
            cut = GAINS[detector.gain](windows[~is_noise])
            agreement.add(here[~is_noise], cut)
            yield cut
        begin += len(part.quiet)


def _same_classes(parts: Sequence[_Part]) -> tuple[str, ...]:
    """Names of the classes, to which the labels of all parts are turned."""
    first = parts[0]
    for part in parts[1:]:
        for name in ("cuff", "rate"):
            want, got = getattr(first.recording, name), getattr(part.recording, name)
            if want != got:
                raise InputError.at(
                    part.path, name, expected=f"that of {first.path}, {want}", got=str(got)
                )
        if bool(first.recording.class_names) != bool(part.recording.class_names):
            raise InputError.at(
                part.path,
                "stimulus_classes",
                expected=f"names or numbers as in {first.path}",
                got="the other",
            )
    each = [part.recording.class_names for part in parts]
    if len(set(each)) == 1:
        return each[0]
    names = distinct_names(
        parts[-1].path, "stimulus_classes", sorted(set(itertools.chain(*each)))
    )
    if len(names) > first.recording.cuff.classes:
        raise InputError.at(
            parts[-1].path,
            "stimulus_classes",
            expected=f"{first.recording.cuff.classes} names in all files together",
            got=shown(", ".join(names)),
        )
    for part in parts:
        numbers = np.array([names.index(name) for name in part.recording.class_names])
        part.labels = numbers[part.labels]
        part.recording = replace(
            part.recording,
            stimulus_classes=numbers[part.recording.stimulus_classes],
            class_names=names,
        )
    return names


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        got = "no such file or folder" if not path.exists() else str(error.strerror)
        raise InputError.at(path, "", expected="a file", got=got) from None
