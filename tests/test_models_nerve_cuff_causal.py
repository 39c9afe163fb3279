from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError
from build_decoder.models.nerve_cuff import NerveCuff

pytest.importorskip("scipy.io", reason="pip install build_decoder[train]")

from build_decoder.models.nerve_cuff.recordings import (  # noqa: E402
    CausalDetector,
    CausalProcessing,
    Detector,
    Processing,
    Recording,
    compare,
    cuff_model,
    read_signatures,
    save_signatures,
    signatures,
)
from build_decoder.models.nerve_cuff.recordings.__main__ import LEAST_SNR_DB, main  # noqa: E402
from build_decoder.models.nerve_cuff.recordings.causal import noise_levels  # noqa: E402

RATE = 30_000.0


@pytest.fixture(scope="module")
def recording() -> Recording:
    return replace(cuff_model("simple", 4), cuff=NerveCuff(3, 4)).record(4.0, seed=4)


def test_nothing_depends_on_what_comes_later(recording: Recording):
    detector = CausalDetector()
    peaks = detector.peaks(recording)
    reach = recording.cuff.samples // 2
    assert len(peaks) > 50
    processing, cuff = detector.processing, recording.cuff
    signals = processing.signals(recording.counts, cuff, RATE)
    for stop in (int(peaks[20]) + reach + 1, 70_001, 90_000):
        begun = replace(recording, counts=recording.counts[:stop])
        known = peaks[peaks + reach < stop]
        np.testing.assert_array_equal(detector.peaks(begun), known)
        np.testing.assert_array_equal(processing.signals(begun.counts, cuff, RATE), signals[:stop])


def test_it_finds_what_the_paper_s_steps_find(recording: Recording):
    loud = recording.event_snr_db >= LEAST_SNR_DB
    for detector in (Detector(), CausalDetector()):
        delay = detector.processing.delay(RATE)
        detection = compare(recording, detector.peaks(recording), delay=delay)
        assert detection.found[loud].mean() > 0.9
        assert detection.false.mean() < 0.1


def test_delay():
    assert Processing().delay(RATE) == 0
    delay = CausalProcessing().delay(RATE)
    assert 0.02e-3 < delay < 0.06e-3
    assert CausalDetector().latency(
        Recording(np.zeros((9, 56), np.int16), 1.0, RATE, NerveCuff(), np.empty((0, 2)),
                  np.empty(0, np.int64))
    ) == pytest.approx(delay + 49 / RATE)


def test_the_filter_passes_its_band_and_starts_at_rest():
    time = np.arange(6000) / RATE
    for hertz, low, high in ((60, 0, 0.06), (1500, 0.95, 1.05), (300, 0.6, 0.8)):
        sine = np.sin(2 * np.pi * hertz * time)
        assert low <= np.abs(CausalProcessing().band(sine, RATE)[3000:]).max() <= high
    np.testing.assert_allclose(CausalProcessing().band(np.full(100, 7000.0), RATE), 0, atol=1e-8)


def test_noise_levels():
    rng = np.random.default_rng(0)
    trace = rng.normal(0, 5, 60_000)
    trace[::300] += 60  # nCAPs count little
    levels = noise_levels(trace)
    assert levels[300] == pytest.approx(5, rel=0.5)
    assert levels[-1] == pytest.approx(5, rel=0.08)
    assert levels[20_000:].std() < 0.2
    louder = noise_levels(np.concatenate([trace, 3 * trace]))
    assert louder[-1] == pytest.approx(15, rel=0.08)
    assert (noise_levels(np.zeros(500)) > 0).all()


def test_a_higher_peak_takes_the_place_of_one_that_is_near():
    cuff = NerveCuff(3, 1)
    counts = np.zeros((3000, 3))
    rng = np.random.default_rng(0)
    counts[:, 1] = rng.normal(0, 10, 3000)
    for sample, height in ((1000, 2000), (1030, 4000), (1200, 2000), (1300, 4000), (1330, 2000),
                           (2990, 4000)):
        counts[sample, 1] -= height
    one = Recording(np.rint(counts).astype(np.int16), 1.0, RATE, cuff, np.array([[0.0, 0.1]]),
                    np.array([0]))
    peaks = CausalDetector(threshold=20.0).peaks(one)
    # The last one does not stand for long enough.
    np.testing.assert_allclose(peaks, [1030, 1200, 1300], atol=2)


def test_signatures_remember_how_they_are_scaled(recording: Recording, tmp_path: Path):
    for detector, gain in ((Detector(), "window"), (CausalDetector(), "causal")):
        cut = signatures(recording, detector)
        assert cut.gain == gain
        save_signatures(cut, tmp_path / f"{gain}.npz")
        assert read_signatures(tmp_path / f"{gain}.npz").gain == gain
    with np.load(tmp_path / "causal.npz") as file:
        arrays = dict(file)
    np.savez(tmp_path / "bad.npz", **arrays | {"gain": np.array([7])})
    with pytest.raises(InputError, match="gain: expected a whole number from 0 to 1, got 7"):
        read_signatures(tmp_path / "bad.npz")


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture):
    path, cut = tmp_path / "r.npz", tmp_path / "s.npz"
    simulate = ["simulate", "--subject", "2", "--seconds", "2.5", "--output", str(path)]
    assert main(simulate) == 0
    assert main(["detect", str(path), "--causal"]) == 0
    assert "found within 0.1 ms" in capsys.readouterr().out
    assert main(["signatures", str(path), "--causal", "--output", str(cut)]) == 0
    assert read_signatures(cut).gain == "causal"
    with pytest.raises(ValueError, match="threshold above 0"):
        CausalDetector(threshold=0)
