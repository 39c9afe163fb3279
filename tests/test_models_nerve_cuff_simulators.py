from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models.nerve_cuff import NerveCuff

pytest.importorskip("scipy.io", reason="pip install build_decoder[train]")

from build_decoder.models.nerve_cuff.recordings import (  # noqa: E402
    SIMULATORS,
    CuffModel,
    Detector,
    Nerve,
    Noise,
    Processing,
    Recording,
    Volley,
    compare,
    cuff_model,
    signatures,
)
from build_decoder.models.nerve_cuff.recordings.__main__ import LEAST_SNR_DB  # noqa: E402
from build_decoder.models.nerve_cuff.recordings.gain import (  # noqa: E402
    normalise,
    scale_by_power_of_two,
)
from build_decoder.models.nerve_cuff.recordings.volley import Shape  # noqa: E402
from tests.detection_limits import LEAST_FOUND, MOST_FALSE  # noqa: E402

QUIET = Noise(thermal=0.01, pink=0, background=0, mains=0, common=0, emg=0, mismatch=0)
SMALL = replace(
    cuff_model("animal", 1), cuff=NerveCuff(rings=3, contacts=2), noise=QUIET, snr_db=50.0,
    microvolts_per_count=1e-4, stimulus_seconds=0.1, rest_seconds=0.02,
)


@pytest.fixture(scope="module")
def crowded() -> Recording:
    """Next to no noise, and nCAPs that overlap."""
    return SMALL.record(1.5, seed=1)


def test_the_simple_simulator_is_what_it_was():
    assert SIMULATORS == ("animal", "simple")
    assert cuff_model("simple", 3) == CuffModel(nerve=Nerve.of_subject(3))
    assert cuff_model("simple", 3, snr_db=14.0).snr_db == 14.0
    model = cuff_model("simple", 3)
    assert (model.dead_seconds, model.own_peaks) == (4e-3, False)
    assert model.nerve.volley == Volley()
    with pytest.raises(ValueError, match="expected one of animal, simple, got 'kind'"):
        cuff_model("kind", 1)


def test_animals_differ():
    animals = [cuff_model("animal", animal) for animal in range(200)]
    assert animals[7] == cuff_model("animal", 7)
    assert cuff_model("animal", 7, snr_db=11.0) == replace(animals[7], snr_db=11.0)
    levels = np.array([animal.snr_db for animal in animals])
    assert levels.mean() == pytest.approx(14.0, abs=1.0)
    assert 4.0 < levels.std() < 5.5
    assert levels.min() >= 6.0
    assert levels.max() <= 24.0
    pathways = np.array([
        [(one.angle, one.velocity, np.log(one.activity)) for one in animal.nerve.pathways]
        for animal in animals
    ])
    spread = pathways.std(axis=0).mean(axis=0)
    assert spread[0] == pytest.approx(120 / np.sqrt(12), rel=0.15)
    assert spread[1] == pytest.approx(37 * 0.145, rel=0.25)
    assert spread[2] == pytest.approx(0.4, rel=0.15)
    assert all(0.1 < one.radius < 0.45 for animal in animals for one in animal.nerve.pathways)


def test_a_time_is_that_of_the_nCAPs_own_peak(crowded: Recording):
    """Of the nCAPs that no other is near, each has a peak just there."""
    gaps = np.diff(crowded.event_times, prepend=-np.inf, append=np.inf)
    assert (gaps[1:-1] < 1e-3).any()
    alone = (gaps[:-1] > 5e-3) & (gaps[1:] > 5e-3)
    assert np.count_nonzero(alone) > 10
    found = compare(crowded, Detector(threshold=20).peaks(crowded)).found
    assert found[alone].all()
    assert not found.all()
    # Fibres fire over some 0.2 ms, so the peak is not where they fire on average.
    simple = replace(SMALL, own_peaks=False).record(1.5, seed=1)
    np.testing.assert_array_equal(simple.event_classes.shape, crowded.event_classes.shape)
    assert np.abs(np.sort(simple.event_times) - crowded.event_times).max() > 1e-4


def test_a_level_is_that_of_the_nCAPs_own_peak(crowded: Recording):
    assert np.median(crowded.event_snr_db) == pytest.approx(50.0, abs=0.2)
    assert (np.diff(crowded.event_times) >= 0).all()


def test_activity():
    nerve = SMALL.nerve
    pathways = tuple(
        replace(one, activity=activity)
        for one, activity in zip(nerve.pathways, (3.0, 1.0, 0.2), strict=True)
    )
    model = replace(SMALL, nerve=replace(nerve, pathways=pathways), spontaneous_rate=0.0)
    counts = np.bincount(model.record(2.0, seed=2).event_classes, minlength=3)
    assert counts[0] > 1.8 * counts[1] > 1.8 * 2 * counts[2]


def test_volleys():
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state
    assert Volley().shape(0.11, 0.2, rng) == Shape(0.11, 0.2, 1)
    assert rng.bit_generator.state == state
    varied = Volley(width_spread=0.25, asymmetry_spread=0.4, reversed_share=0.15)
    shapes = [varied.shape(0.11, 0.2, rng) for _ in range(2000)]
    assert np.std([np.log(one.width) for one in shapes]) == pytest.approx(0.25, rel=0.1)
    assert np.std([one.asymmetry for one in shapes]) == pytest.approx(0.4, rel=0.1)
    assert np.mean([one.direction < 0 for one in shapes]) == pytest.approx(0.15, abs=0.03)
    for wrong, message in (
        ({"groups": 0}, "at least 1 group"), ({"jitter_ms": -1.0}, "jitter_ms of at least 0"),
        ({"reversed_share": 1.5}, "at most 1"), ({"width_spread": float("nan")}, "width_spread"),
    ):
        with pytest.raises(ValueError, match=message):
            Volley(**wrong)


def test_some_travel_back():
    nerve, cuff = Nerve(volley=Volley(reversed_share=1.0)), NerveCuff()
    times = np.arange(-90, 90) / 30_000
    forwards, backwards = (
        one.ncap(one.pathways[0], times, cuff, np.random.default_rng(1))
        for one in (Nerve(), nerve)
    )
    latest = forwards.reshape(180, 7, 8)[:, -1].mean(axis=1).argmin()
    assert latest > 95
    assert backwards.reshape(180, 7, 8)[:, -1].mean(axis=1).argmin() < 85


@pytest.mark.parametrize("rings", [3, 4, 5, 6, 8])
def test_what_falls_off_evenly_has_no_trace_at_the_middle_ring(rings: int):
    cuff = NerveCuff(rings, 3)
    source = np.random.default_rng(1).normal(0, 1000, 3000)
    falling = np.repeat(1 + 0.3 * np.linspace(-1, 1, rings), 3)
    trace = Processing().trace(np.outer(source, falling), cuff, 30_000.0)
    assert np.abs(trace).max() < 0.01
    signals = Processing().signals(np.outer(source, falling), cuff, 30_000.0)
    assert np.abs(signals[:, rings // 2 * 3 :][:, :3]).max() < 0.01


@pytest.mark.parametrize("rings", [6, 8])
def test_detection_with_an_even_number_of_rings(rings: int):
    model = replace(cuff_model("simple", 1), cuff=NerveCuff(rings, 8))
    recording = model.record(3.0, seed=1)
    detection = compare(recording, Detector().peaks(recording))
    assert detection.found[recording.event_snr_db >= LEAST_SNR_DB].mean() >= LEAST_FOUND
    assert detection.false.mean() <= MOST_FALSE


def test_jitter_moves_signatures(crowded: Recording):
    still, moved = (signatures(crowded, Detector(), jitter=jitter, seed=3) for jitter in (0, 6))
    shifts = moved.peaks - still.peaks
    np.testing.assert_array_equal(still.labels, moved.labels)
    assert set(shifts) == set(range(-6, 7))
    index = int(np.argmax(shifts))
    np.testing.assert_allclose(
        moved.spatial[index][:, :-6] * np.abs(still.spatial[index][:, 6:]).max(),
        still.spatial[index][:, 6:] * np.abs(moved.spatial[index][:, :-6]).max(),
        atol=1e-6,
    )


def test_gains():
    windows = np.random.default_rng(0).normal(0, 3, (20, 4, 11)).astype(np.float32)
    windows[0] = 0
    np.testing.assert_array_equal(np.abs(normalise(windows)).max(axis=(1, 2))[1:], 1)
    scaled = scale_by_power_of_two(windows)
    past = np.abs(scaled[1:, :, :6]).max(axis=(1, 2))
    assert ((past > 0.5) & (past <= 1)).all()
    ratio = windows[1:, 0, 0] / scaled[1:, 0, 0]
    np.testing.assert_array_equal(np.log2(ratio) % 1, 0)
    # What comes after the peak changes nothing before, and saturates.
    windows[:, :, 6:] *= 1000
    later = scale_by_power_of_two(windows)
    np.testing.assert_array_equal(later[:, :, :6], scaled[:, :, :6])
    assert np.abs(later).max() == 2
    assert not scaled[0].any()
