from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError
from build_decoder.models.nerve_cuff import NerveCuff

scipy_io = pytest.importorskip("scipy.io", reason="pip install build_decoder[train]")

from build_decoder.models.nerve_cuff.recordings import (  # noqa: E402
    CuffModel,
    Detector,
    Nerve,
    Noise,
    Processing,
    Recording,
    Signatures,
    augment,
    compare,
    cross_validated_f1,
    quiet_windows,
    read_recording,
    read_signatures,
    save_recording,
    save_signatures,
    signatures,
)
from build_decoder.models.nerve_cuff.recordings.__main__ import LEAST_SNR_DB, main  # noqa: E402
from build_decoder.models.nerve_cuff.recordings.baseline import macro_f1  # noqa: E402
from tests.detection_limits import LEAST_FOUND, MOST_FALSE  # noqa: E402

MODEL = CuffModel(nerve=Nerve.of_subject(4))
SMALL = CuffModel(cuff=NerveCuff(rings=3, contacts=2), stimulus_seconds=0.1, rest_seconds=0.02)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return MODEL.record(4.0, seed=4)


@pytest.fixture(scope="module")
def small() -> Recording:
    return SMALL.record(0.36, seed=1)


def test_detection(recording: Recording):
    detection = compare(recording, Detector().peaks(recording))
    loud = recording.event_snr_db >= LEAST_SNR_DB
    assert np.count_nonzero(loud) > 80
    assert detection.found[loud].mean() >= LEAST_FOUND
    assert detection.false.mean() <= MOST_FALSE


def test_noise_alone_has_hardly_any_peak(recording: Recording):
    rng = np.random.default_rng(0)
    noise = Noise(emg=0.0).record(60_000, 30_000.0, NerveCuff(), Nerve(), rng)
    quiet = replace(recording, counts=np.rint(noise / 0.195).astype(np.int16))
    assert len(Detector().peaks(quiet)) < 10


def test_peaks_are_where_nothing_but_ncaps_is(small: Recording):
    """With next to no noise every nCAP is found, those of thin and thick fibres alike."""
    quiet = Noise(thermal=0.01, pink=0, background=0, mains=0, common=0, emg=0, mismatch=0)
    model = replace(SMALL, noise=quiet, snr_db=50.0, microvolts_per_count=1e-4)
    clear = model.record(0.36, seed=2)
    assert compare(clear, Detector(threshold=20).peaks(clear)).found.all()


def test_compare():
    events = Recording(
        counts=np.zeros((300, 6), np.int16),
        microvolts_per_count=1.0,
        rate=10_000.0,
        cuff=NerveCuff(3, 2),
        stimulus_spans=np.array([[0.0, 0.03]]),
        stimulus_classes=np.array([0]),
        event_times=np.array([0.001, 0.01, 0.02]),
        event_classes=np.zeros(3, np.int64),
        event_snr_db=np.zeros(3),
    )
    detection = compare(events, np.array([10, 102, 199, 290]))
    np.testing.assert_array_equal(detection.found, [True, False, True])
    np.testing.assert_array_equal(detection.false, [False, True, False, True])
    nothing = compare(events, np.empty(0, np.int64))
    assert not nothing.found.any()
    assert nothing.false.shape == (0,)


def test_trace_is_the_mean_of_the_processed_middle_ring(recording: Recording):
    counts, cuff = recording.counts[:6000], recording.cuff
    processing = Processing()
    ring = processing.signals(counts, cuff, recording.rate)[:, 24:32]
    trace = processing.trace(counts, cuff, recording.rate)
    np.testing.assert_allclose(trace, -ring.mean(axis=1), atol=1e-3)


def test_tripole_removes_what_is_common_and_what_falls_off_evenly():
    rng = np.random.default_rng(1)
    source = rng.normal(0, 1000, 3000)
    cuff = NerveCuff()
    falling = np.repeat(1 + 0.3 * np.linspace(-1, 1, cuff.rings), cuff.contacts)
    processing = Processing()
    common = processing.signals(np.outer(source, np.ones(cuff.channels)), cuff, 30_000.0)
    assert np.abs(common).max() < 0.01
    assert np.abs(processing.trace(np.outer(source, falling), cuff, 30_000.0)).max() < 0.01


def test_filter_passes_its_band():
    time = np.arange(6000) / 30_000
    gains = {}
    for hertz in (60, 1500, 10_000):
        counts = np.zeros((6000, 56))
        counts[:, 24:32] = np.sin(2 * np.pi * hertz * time)[:, None]
        middle = Processing().signals(counts, NerveCuff(), 30_000.0)[2000:4000, 24]
        gains[hertz] = np.abs(middle).max()
    assert gains[1500] == pytest.approx(1, abs=0.05)
    assert gains[60] < 0.01
    assert gains[10_000] < 0.05


def test_same_file_same_signatures(recording: Recording, tmp_path: Path):
    for name in ("r.npz", "r.mat"):
        save_recording(recording, tmp_path / name)
    parts = [signatures(read_recording(tmp_path / "r.npz"), Detector()) for _ in range(2)]
    parts.append(signatures(read_recording(tmp_path / "r.mat"), Detector()))
    for number, part in enumerate(parts):
        save_signatures(part, tmp_path / f"s{number}.npz")
    first = (tmp_path / "s0.npz").read_bytes()
    assert first == (tmp_path / "s1.npz").read_bytes()
    assert first == (tmp_path / "s2.npz").read_bytes()
    back = read_signatures(tmp_path / "s0.npz")
    for name in ("spatial", "labels", "peaks"):
        np.testing.assert_array_equal(getattr(back, name), getattr(parts[0], name))


def test_signatures(recording: Recording):
    cut = signatures(recording, Detector())
    assert cut.spatial.shape[1:] == (56, 100)
    assert cut.spatial.dtype == np.float32
    np.testing.assert_array_equal(np.abs(cut.spatial).max(axis=(1, 2)), 1)
    np.testing.assert_array_equal(cut.labels, recording.label(cut.peaks / recording.rate))
    assert set(cut.labels) == {0, 1, 2}
    # The mean of the middle ring is lowest at the middle of each.
    assert (cut.spatial[:, 24:32].mean(axis=1)[:, 40:61].argmin(axis=1) == 10).all()


def test_temporal_order_follows_a_line_along_the_nerve(recording: Recording):
    """Read along a line of contacts, an nCAP comes later from ring to ring."""
    cut = signatures(recording, Detector())
    mean = cut.spatial.mean(axis=0)
    temporal = mean[recording.cuff.temporal_order()]
    np.testing.assert_array_equal(temporal[7 * 3 + 5], mean[8 * 5 + 3])
    for line in temporal.reshape(8, 7, 100):
        assert (np.diff(line[1:-1].argmin(axis=1)) > 0).all()


def test_stimuli_label(recording: Recording):
    times = np.array([0.0, 0.2, 0.99, 1.1, 1.3, 2.3, 3.3])
    np.testing.assert_array_equal(recording.label(times), [-1, 0, 0, -1, 1, 2, 0])


def test_recordings_differ_by_subject_and_seed(small: Recording):
    same = SMALL.record(0.36, seed=1)
    np.testing.assert_array_equal(same.counts, small.counts)
    np.testing.assert_array_equal(same.event_snr_db, small.event_snr_db)
    for other in (
        SMALL.record(0.36, seed=2),
        replace(SMALL, nerve=Nerve.of_subject(2)).record(0.36, seed=1),
    ):
        assert (other.counts != small.counts).any()


def test_snr_is_the_median(recording: Recording):
    assert np.median(recording.event_snr_db) == pytest.approx(MODEL.snr_db)
    assert (np.diff(recording.event_times) >= MODEL.dead_seconds).all()


def test_nearest_contact_sees_most():
    nerve, cuff = Nerve(), NerveCuff()
    gains = nerve.gains(np.array([[0.3, 0.0], [0.0, 0.3], [0.0, 0.0], [0.6, 0.0]]), cuff)
    np.testing.assert_array_equal(gains[:2].argmax(axis=1), [0, 2])
    np.testing.assert_allclose(gains[2], gains[2, 0])
    assert gains[3, 0] == pytest.approx(1)


def test_faster_fibres_pass_the_rings_sooner():
    delays = Nerve().ring_delays(np.array([10.0, 30.0]), NerveCuff())
    np.testing.assert_allclose(delays[0], 3 * delays[1])
    np.testing.assert_allclose(delays[0], np.arange(-3, 4) * 3e-4)


def test_classes_are_told_apart_but_not_perfectly(recording: Recording):
    cut = signatures(recording, Detector())
    scores = cross_validated_f1(cut.spatial, cut.labels, classes=3, seed=0)
    assert 0.45 < scores.mean() < 0.9


def test_macro_f1():
    labels, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    assert macro_f1(labels, predicted, classes=3) == pytest.approx((0.5 + 0.8 + 0) / 3)


def test_augmentation(recording: Recording):
    cut = signatures(recording, Detector())
    noise = quiet_windows(recording, Detector(), windows=200, seed=1)
    spatial, labels = augment(cut.spatial, cut.labels, noise, per_class=400, seed=1)
    np.testing.assert_array_equal(np.bincount(labels), [400] * 3)
    assert spatial.shape == (1200, 56, 100)
    assert spatial.dtype == np.float32
    np.testing.assert_array_equal(spatial[: len(cut.labels)], cut.spatial)
    new, new_labels = spatial[len(cut.labels) :], labels[len(cut.labels) :]
    np.testing.assert_array_equal(np.abs(new).max(axis=(1, 2)), 1)
    for label in range(3):
        measured, made = cut.spatial[cut.labels == label], new[new_labels == label]
        mean, made_mean = measured.mean(axis=0), made.mean(axis=0)
        # New ones are about their class's mean, up to normalisation, and as noisy.
        assert np.corrcoef(mean.ravel(), made_mean.ravel())[0, 1] > 0.95
        relative = [
            part.std(axis=0).mean() / np.abs(part.mean(axis=0)).max() for part in (measured, made)
        ]
        assert relative[1] == pytest.approx(relative[0], rel=0.25)
    again, _ = augment(cut.spatial, cut.labels, noise, per_class=400, seed=1)
    np.testing.assert_array_equal(again, spatial)


def test_augmentation_refuses():
    spatial, labels = np.ones((3, 2, 4), np.float32), np.array([0, 0, 1])
    noise = np.ones((5, 2, 4), np.float32)
    for wrong, per_class, message in (
        (noise, 1, "at most 1 signatures of class 0, got 2"),
        (noise[:0], 5, "windows of noise"),
        (noise[:, :1], 5, r"shape \(2, 4\)"),
        (0 * noise, 5, "some power"),
    ):
        with pytest.raises(ValueError, match=message):
            augment(spatial, labels, wrong, per_class=per_class, seed=1)


def test_quiet_windows_hold_no_ncap(small: Recording):
    detector = Detector()
    peaks = detector.peaks(small)
    first, last = int(peaks[0]), int(peaks[-1])
    windows = quiet_windows(small, detector, windows=20, seed=3)
    assert windows.shape == (20, 6, 100)
    crowded = replace(small, counts=small.counts[first : first + 120])
    assert last > first
    with pytest.raises(ValueError, match="100 samples in a row"):
        quiet_windows(crowded, Detector(threshold=1), windows=1, seed=3)


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
@pytest.mark.parametrize("known", [True, False])
def test_round_trip(small: Recording, known: bool, suffix: str, tmp_path: Path):
    if not known:
        small = replace(
            small,
            event_times=np.empty(0),
            event_classes=np.empty(0, np.int64),
            event_snr_db=np.empty(0),
        )
    path = tmp_path / f"r{suffix}"
    save_recording(small, path)
    back = read_recording(path)
    for name, value in vars(small).items():
        got = getattr(back, name)
        np.testing.assert_array_equal(got, value)
        assert not isinstance(value, np.ndarray) or got.dtype == value.dtype, name


def test_mat_as_matlab_writes_it(small: Recording, tmp_path: Path):
    """All numbers are doubles there, and vectors are columns."""
    save_recording(small, tmp_path / "r.npz")
    with np.load(tmp_path / "r.npz") as file:
        arrays = {name: file[name].astype(np.float64) for name in file.files}
    scipy_io.savemat(tmp_path / "r.mat", arrays, oned_as="column")
    back = read_recording(tmp_path / "r.mat")
    np.testing.assert_array_equal(back.counts, small.counts)
    assert back.cuff == small.cuff


Change = Callable[[dict[str, np.ndarray]], None]


def put(name: str, value: object) -> Change:
    return lambda arrays: arrays.update({name: np.asarray(value)})


def drop(name: str) -> Change:
    return lambda arrays: arrays.__delitem__(name)


MALFORMED = [
    (drop("counts"), "counts: expected an array called 'counts'"),
    (drop("event_snr_db"), "event_snr_db: expected an array"),
    (put("counts", np.ones((9, 5))), "counts: expected 6 channels .* got 5"),
    (put("counts", np.ones((2, 9, 6))), r"counts: expected shape \(any, any\)"),
    (put("counts", np.full((9, 6), 0.5)), "counts: expected whole numbers .* got 0.5"),
    (put("counts", np.full((9, 6), 40_000)), "from -32768 to 32767, got 40000"),
    (put("counts", np.full((9, 6), np.nan)), "counts: expected finite numbers, got nan"),
    (put("counts", np.ones((9, 6), complex)), "real numbers|whole numbers"),
    (put("rate", [0.0]), "rate: expected a number above 0, got 0.0"),
    (put("rate", [1.0, 2.0]), r"rate: expected shape \(1\)"),
    (put("microvolts_per_count", [-1.0]), "microvolts_per_count: expected a number above 0"),
    (put("cuff", [3, 2, 100]), r"cuff: expected shape \(4\)"),
    (put("cuff", [3, 2, 0, 3]), "cuff: expected whole numbers from 1"),
    (put("cuff", [3, 2, 100, 1]), "cuff: .* 2 classes, got 3 and 1"),
    (put("cuff", [2, 3, 100, 3]), "cuff: expected at least 3 rings .* got 2"),
    (put("stimulus_spans", [[0.2, 0.1]]), "stimulus_spans: expected seconds from 0 to 0.36"),
    (put("stimulus_spans", [[0.1, 9.0]]), "stimulus_spans: expected seconds .* to 9"),
    (put("stimulus_spans", [[0.1]]), r"stimulus_spans: expected shape \(any, 2\)"),
    (put("stimulus_classes", [0, 1]), "stimulus_classes: expected 3, one for each"),
    (put("stimulus_classes", [0, 1, 3]), "stimulus_classes: expected whole numbers from 0 to 2"),
    (put("event_times", [0.3, 0.1]), "event_times: expected seconds .* in order"),
    (put("event_times", [0.3]), "event_snr_db: expected 1, one for each of the events"),
]


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
@pytest.mark.parametrize(("change", "message"), MALFORMED)
def test_malformed(change: Change, message: str, suffix: str, small: Recording, tmp_path: Path):
    save_recording(small, tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as file:
        arrays = {name: file[name] for name in file.files}
    change(arrays)
    path = tmp_path / f"bad{suffix}"
    np.savez(path, **arrays) if suffix == ".npz" else scipy_io.savemat(path, arrays)
    with pytest.raises(InputError, match=message):
        read_recording(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.npz", b"none", "expected an .npz file"),
        ("r.mat", b"none", "expected a .mat file"),
        ("r.mat", b"\0" * 300, "expected a .mat file"),
        ("r.csv", b"1,2", "expected FILE.npz or FILE.mat, got 'r.csv'"),
        ("r.npz", None, "expected a file, got no such file"),
    ],
)
def test_damaged_files(name: str, content: bytes | None, message: str, tmp_path: Path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_recording(tmp_path / name)


def test_truncated_mat(small: Recording, tmp_path: Path):
    path = tmp_path / "r.mat"
    save_recording(small, path)
    whole = path.read_bytes()
    for size in (100, 200, 5000, len(whole) - 20):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"r\.mat"):
            read_recording(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Processing(low_hz=0), "0 < low_hz < high_hz"),
        (lambda: Detector(threshold=0), "threshold above 0"),
        (lambda: Noise(thermal=0), "thermal above 0"),
        (lambda: Noise(emg=-1), "emg of at least 0, got -1"),
        (lambda: Nerve(pitch=0), "pitch"),
        (lambda: Nerve(Nerve().pathways[:1]), "2 pathways"),
        (lambda: CuffModel(cuff=NerveCuff(classes=2)), "2 pathways .* got 3"),
        (lambda: CuffModel(rate=0), "rate above 0"),
        (lambda: CuffModel(rest_seconds=-1), "rest_seconds"),
        (lambda: CuffModel(cuff=NerveCuff(rings=2)).record(1.0, seed=1), "3 rings"),
        (lambda: replace(SMALL, rate=5000.0).record(0.3, seed=1), "rate above 10000 Hz"),
        (lambda: SMALL.record(0.001, seed=1), "time for an nCAP"),
    ],
)
def test_bad_parameters(make: Callable[[], object], message: str):
    with pytest.raises(ValueError, match=message):
        make()


def test_command_line(recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture):
    path, cut = tmp_path / "r.npz", tmp_path / "s.npz"
    arguments = ["simulate", "--seconds", "0.6", "--snr", "25", "--output", str(path)]
    assert main(arguments) == 0
    assert read_recording(path).cuff == NerveCuff()
    save_recording(recording, path)
    assert main(["detect", str(path)]) == 0
    assert "from 15 dB" in capsys.readouterr().out
    assert main(["signatures", str(path), "--output", str(cut)]) == 0
    assert "SHA-256" in capsys.readouterr().out
    assert main(["classify", str(cut)]) == 0
    assert "macro F1" in capsys.readouterr().out
    save_recording(replace(recording, event_times=recording.event_times + 2e-4), path)
    assert main(["detect", str(path)]) == 0  # it tells and does not judge
    assert "0 of " in capsys.readouterr().out.split("from 15 dB: ")[1]


def test_command_line_refuses(small: Recording, tmp_path: Path, capsys: pytest.CaptureFixture):
    path = tmp_path / "r.npz"
    save_recording(replace(small, counts=0 * small.counts), path)
    nowhere = str(tmp_path / "absent" / "r.npz")
    few, slow = tmp_path / "few.npz", tmp_path / "slow.npz"
    save_signatures(Signatures(np.ones((1, 6, 9)), np.zeros(1, int), np.zeros(1, int)), few)
    save_recording(replace(small, rate=9000.0), slow)
    for arguments, message in (
        (["detect", nowhere], "no such file"),
        (["simulate", "--seconds", "0.5", "--output", nowhere], "can be read or written"),
        (["simulate", "--seconds", "0.5", "--output", "r.csv"], "expected FILE.npz or FILE.mat"),
        (["simulate", "--seconds", "0.01", "--output", nowhere], "time for an nCAP, got 0.01"),
        (["signatures", str(path), "--output", nowhere], "gap: all contacts: no signal"),
        (["signatures", str(path), "--output", nowhere, "--force"], "an nCAP during a stimulus"),
        (["classify", str(path)], "an array called 'spatial'"),
        (["classify", str(few)], "expected 3 signatures of each class, got 1"),
        (["detect", str(slow)], "expected a rate above 10000 Hz, got 9000"),
    ):
        assert main(arguments) == 2, arguments
        error = capsys.readouterr().err
        assert message in error.splitlines()[-1]
        assert error.count("\n") == 1 or "--force" in arguments
