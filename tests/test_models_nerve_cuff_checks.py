import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="pip install build_decoder[train]")
pytest.importorskip("h5py", reason="pip install build_decoder[train]")

from build_decoder.bench.cuff_faults import said  # noqa: E402
from build_decoder.bench.cuff_forms import FORMS, arrays_of  # noqa: E402
from build_decoder.bench.cuff_recordings import (  # noqa: E402
    FAULTS,
    GOOD,
    LONG,
    MIXED,
    WARNED,
    good_recording,
)
from build_decoder.models import InputError  # noqa: E402
from build_decoder.models.nerve_cuff import NerveCuff  # noqa: E402
from build_decoder.models.nerve_cuff.recordings import (  # noqa: E402
    CausalDetector,
    Detector,
    Processing,
    Recording,
    arrays,
    cuff_model,
    hdf_arrays,
    mat_arrays,
    npz_arrays,
    read_recording,
    read_signatures,
    samples,
    save_recording,
    signatures,
)
from build_decoder.models.nerve_cuff.recordings.agreement import LabelAgreement  # noqa: E402
from build_decoder.models.nerve_cuff.recordings.checks import Finding, check  # noqa: E402
from build_decoder.models.nerve_cuff.training import read_dataset  # noqa: E402
from tests.sweeps import swept, swept_cases


@pytest.fixture(scope="module")
def recording() -> Recording:
    return good_recording(3.0)


@pytest.fixture(scope="module")
def long_recording() -> Recording:
    return good_recording()


@pytest.fixture(scope="module")
def pair() -> list[Recording]:
    """Two recordings of an animal."""
    return [cuff_model("simple", 1).record(5.2, seed=seed) for seed in (1, 2)]


def found(recording: Recording) -> list[Finding]:
    """All that is found, as by the command that cuts."""
    findings = list(check(recording, Processing()))
    if len(recording.stimulus_spans):
        cut = signatures(recording, Detector())
        agreement = LabelAgreement(recording, cut.labels, cut.peaks)
        agreement.add(np.arange(len(cut.labels)), cut.spatial)
        findings += agreement.findings()
    return findings


@pytest.mark.parametrize("name", swept((name for name in FAULTS if name not in LONG), 3))
def test_faults_are_told(recording: Recording, name: str):
    fault, kind = FAULTS[name]
    told = [one for one in check(fault(recording), Processing()) if one.kind == kind]
    assert told
    assert told[0].error == (name not in WARNED)


@pytest.mark.parametrize("name", swept(sorted(LONG), len(LONG)))
def test_faults_of_long_recordings_are_told(long_recording: Recording, name: str):
    fault, kind = FAULTS[name]
    assert [one for one in found(fault(long_recording)) if one.kind == kind and one.error]


@pytest.mark.parametrize("name", swept([name for name, *_ in MIXED], 3))
def test_recordings_of_an_animal_that_differ(pair: list[Recording], name: str, tmp_path: Path):
    first, second, kind = next(case for other, *case in MIXED if other == name)
    paths = tmp_path / "r1.npz", tmp_path / "r2.npz"
    for each, change, path in zip(pair, (first, second), paths, strict=True):
        save_recording(change(each), path)
    output = tmp_path / "s.npz"
    status, _, error = said(["signatures", *paths, "--output", output])
    assert status == 2
    assert f"{kind}: " in error
    assert not output.exists()


@pytest.mark.slow
def test_labels_of_all_recordings_that_are_exchanged_alike(pair: list[Recording], tmp_path: Path):
    """It is as if classes had other names, which nothing can tell."""
    paths = tmp_path / "r1.npz", tmp_path / "r2.npz"
    exchange = MIXED[0][2]
    for each, path in zip(pair, paths, strict=True):
        save_recording(exchange(each), path)
    assert said(["signatures", *paths, "--output", tmp_path / "s.npz"])[::2] == (0, "")


def test_a_class_without_nerve_activity(recording: Recording, tmp_path: Path):
    """A class whose stimuli call forth nothing that is found is not left out without a word."""
    spans = recording.stimulus_spans.copy()
    spans[1] = 1.05, 1.054  # in a rest
    path = tmp_path / "r.npz"
    recording = replace(recording, stimulus_spans=spans)
    save_recording(recording, path)
    status, _, error = said(["signatures", path, "--output", tmp_path / "s.npz"])
    assert status == 2
    assert "no nCAP was found in any stimulus of class 1" in error


@pytest.mark.parametrize("name", [name for name, _ in GOOD[:1]])
def test_nothing_is_said_of_good_recordings(name: str):
    assert found(dict(GOOD)[name]()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, _ in GOOD[1:]])
def test_nothing_is_said_of_more_good_recordings(name: str):
    assert found(dict(GOOD)[name]()) == []


def test_doubles_of_few_digits_repeat_nothing(recording: Recording):
    halves = replace(recording, counts=recording.counts * 0.5, microvolts_per_count=2.0)
    assert check(halves, Processing()) == ()


def test_findings_name_contact_and_time(recording: Recording):
    counts = recording.counts.copy()
    counts[45_000:75_000, 19] = 7
    (one,) = [one for one in check(replace(recording, counts=counts), Processing())
              if one.kind == "repeats"]
    assert "contact 3 of ring 2 (channel 19)" in one.text
    assert "1.5 to 2.5 s" in one.text


@pytest.mark.parametrize(
    ("name", "large"), swept_cases(product([name for name, *_ in FORMS], [False, True]), 3)
)
def test_forms_of_files(
    recording: Recording, name: str, large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What is read in blocks is what is read whole, whatever form it has."""
    ((suffix, write),) = [form for title, *form in FORMS if title == name]
    recording = recording
    path = tmp_path / f"r{suffix}"
    write(recording, path)
    want = Detector().peaks(recording)
    if large:
        for module in (arrays, npz_arrays, mat_arrays, hdf_arrays):
            monkeypatch.setattr(module, "IN_MEMORY", 1000)
        monkeypatch.setattr(samples, "BLOCK", 20_011)
    back = read_recording(path)
    assert isinstance(back.counts, samples.Samples) == large
    counts = np.asarray(back.counts, np.float64) - back.zero_count
    microvolts = counts * back.microvolts_per_count
    exact = recording.counts * recording.microvolts_per_count
    np.testing.assert_allclose(microvolts, exact, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(back.stimulus_classes, recording.stimulus_classes)
    np.testing.assert_array_equal(back.stimulus_spans, recording.stimulus_spans)
    np.testing.assert_array_equal(Detector().peaks(back), want)


def test_blocks_change_nothing(recording: Recording, monkeypatch: pytest.MonkeyPatch):
    whole = signatures(recording, Detector())
    monkeypatch.setattr(samples, "BLOCK", 10_007)
    parts = signatures(recording, Detector())
    np.testing.assert_array_equal(parts.peaks, whole.peaks)
    np.testing.assert_array_equal(parts.labels, whole.labels)
    np.testing.assert_allclose(parts.spatial, whole.spatial, atol=1e-6)
    assert len(CausalDetector().peaks(recording))


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
def test_truncated_large_files(
    recording: Recording, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for module in (npz_arrays, mat_arrays):
        monkeypatch.setattr(module, "IN_MEMORY", 1000)
    path = tmp_path / f"r{suffix}"
    save_recording(replace(recording, counts=recording.counts[:39_000], stimulus_spans=[],
                           event_times=np.empty(0)), path)
    whole = path.read_bytes()
    for size in (200, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=f"r{suffix}"):
            read_recording(path)
    if suffix == ".npz":  # one bit is another, which its sum tells
        path.write_bytes(whole[:50_000] + bytes([whole[50_000] ^ 1]) + whole[50_001:])
        with pytest.raises(InputError, match="expected whole data, got damaged data"):
            read_recording(path)


Change = Callable[[dict], object]

REFUSED: list[tuple[Change, str]] = [
    (lambda a: a.update(microvolts=a["counts"]), "one of counts, microvolts and volts, got counts"),
    (lambda a: a.update(microvolts=np.full((9, 56), np.nan)) or a.pop("counts"),
     "microvolts: expected finite numbers, got nan"),
    (lambda a: a.pop("counts"), "counts: expected an array called 'counts'"),
    (lambda a: a.pop("stimulus_classes"), "stimulus_classes: expected an array"),
    (lambda a: a.update(stimulus_classes=np.array(["a", "b", "c"]), cuff=[7, 8, 100, 2]),
     "names of 2 classes"),
    (lambda a: a.update(stimulus_classes=np.array(["a", "b", "x"]),
                        class_names=np.array(["a", "b", "c"])), "got 'x'"),
    (lambda a: a.update(class_names=np.array(["a", "a", "c"])), "3 different names"),
    (lambda a: a.update(stimulus_classes=np.array(["Touch", "touch", "b"])), "one spelling"),
    (lambda a: a.update(stimulus_classes=np.array(["e\u0301", "\u00e9", "b"])), "one spelling"),
    (lambda a: a.update(stimulus_classes=np.array(["touch ", "touch", "b"])), "one spelling"),
    (lambda a: a.update(stimulus_classes=np.array(["", "touch", "b"])), "a name of each class"),
    (lambda a: a.update(counts=a["counts"] + 0.5), "called microvolts or volts"),
    (lambda a: a.update(counts=np.full((9, 56), 50_000.0)), "zero_count is the count of 0"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_refused(change: Change, message: str, recording: Recording, tmp_path: Path):
    there = arrays_of(recording)
    change(there)
    np.savez(tmp_path / "r.npz", **there)
    with pytest.raises(InputError, match=message):
        read_recording(tmp_path / "r.npz")


def test_no_stimuli_and_no_band(recording: Recording, tmp_path: Path):
    """nCAPs are searched for where there are no stimuli; 10 kHz are enough for a lower band."""
    there = arrays_of(recording)
    del there["stimulus_spans"], there["stimulus_classes"]
    path = tmp_path / "r.npz"
    np.savez(path, **there)
    status, out, error = said(["detect", path])
    assert (status, error) == (0, "")
    assert "peaks" in out
    status, _, error = said(["signatures", path, "--output", tmp_path / "s.npz"])
    assert status == 2
    assert "stimuli, which label signatures, got none" in error
    model = replace(cuff_model("simple", 1), rate=10_000.0, processing=Processing(300, 3000))
    save_recording(model.record(3.0, seed=1), path)
    status, _, error = said(["detect", path])
    assert status == 2
    assert "expected a rate above 10000 Hz, got 10000 (--band LOW HIGH" in error
    status, out, error = said(["signatures", path, "--band", 300, 3000, "--output",
                               tmp_path / "s.npz"])
    assert (status, error) == (0, "")
    assert read_signatures(tmp_path / "s.npz").provenance.band_hz == (300, 3000)


def test_force_says_what_it_passes_over(recording: Recording, tmp_path: Path):
    path, output = tmp_path / "r.npz", tmp_path / "s.npz"
    save_recording(FAULTS["one contact inverted"][0](recording), path)
    status, _, error = said(["signatures", path, "--output", output])
    assert status == 2
    assert "polarity: contact 4 of ring 2 (channel 20)" in error
    assert not output.exists()
    status, _, _ = said(["signatures", path, "--force", "--output", output])
    assert status == 0
    (line,) = read_signatures(output).provenance.overridden
    assert line.startswith("r.npz: polarity: contact 4 of ring 2 (channel 20)")
    assert said(["check", path])[0] == 1
    assert "cut with --force over: r.npz: polarity" in said(["classify", output])[2]


def test_several_files_of_one_animal(recording: Recording, tmp_path: Path):
    """One file of signatures, in which names of classes mean the same."""
    names = np.array(["prick", "flexion", "touch"])
    paths = []
    other = cuff_model("simple", 1).record(3.0, seed=2)
    for number, each in enumerate((recording, other)):
        there = arrays_of(each)
        there["stimulus_classes"] = names[there["stimulus_classes"]]
        if number:
            there["class_names"] = np.array(["touch", "prick", "flexion"])
        paths.append(tmp_path / f"r{number}.npz")
        np.savez(paths[-1], **there)
    output = tmp_path / "s.npz"
    status, _, error = said(["signatures", *paths, "--output", output])
    assert (status, error) == (0, "")
    both = read_signatures(output)
    first, second = both.provenance.sources
    assert (first.file, second.file) == ("r0.npz", "r1.npz")
    assert first.signatures + second.signatures == len(both.labels)
    assert both.provenance.class_names == ("flexion", "prick", "touch")
    assert both.cuff == NerveCuff()
    assert both.noise.shape == (500, 56, 100)
    assert both.noise.any(axis=(1, 2)).all()
    heard = np.array([1, 0, 2])
    labels = np.split(both.labels, [first.signatures])
    peaks = np.split(both.peaks, [first.signatures])
    for each, got, found_at in zip((recording, other), labels, peaks, strict=True):
        times = found_at / each.rate
        stimulus = np.searchsorted(each.stimulus_spans[:, 0], times, side="right") - 1
        np.testing.assert_array_equal(got, heard[each.stimulus_classes][stimulus])
    dataset = read_dataset(output)
    assert dataset.cuff == NerveCuff()
    np.testing.assert_array_equal(dataset.noise, both.noise)
    # The same file, and the same recording in another form and with another scale.
    save_recording(replace(recording, counts=recording.counts * 0.5, microvolts_per_count=2.0,
                           class_names=()), tmp_path / "again.mat")
    for again, what in ((paths[0], "again"), (tmp_path / "again.mat", "nCAPs that are those of")):
        first_form = tmp_path / "plain.npz"
        save_recording(recording, first_form)
        status, _, error = said(
            ["signatures", first_form if again != paths[0] else again, again, "--output",
             tmp_path / "t.npz"]
        )
        assert status == 2
        assert "expected another recording" in error
        assert what in error


def test_signatures_say_what_they_are_of(recording: Recording, tmp_path: Path):
    path, output = tmp_path / "r.npz", tmp_path / "s.npz"
    save_recording(recording, path)
    said(["signatures", path, "--output", output])
    with np.load(output) as file:
        told = json.loads(str(file["provenance"]))
        np.testing.assert_array_equal(file["cuff"], [7, 8, 100, 3])
    assert told["sources"][0]["file"] == "r.npz"
    assert len(told["sources"][0]["sha256"]) == 64
    assert told["overridden"] == []
    with pytest.raises(InputError, match="8 rings of 7 contacts, as --cuff says, got 7 of 8"):
        read_dataset(output, cuff=NerveCuff(8, 7))
