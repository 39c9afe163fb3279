import numpy as np
import pytest

from build_decoder.models.spikes import AREAS, MAX_COUNT, SpikeModel

MODEL = SpikeModel(units=30, bins=4, actions=3, depth=0.5, error_trials=0.1)


def test_shapes_and_ranges():
    recording = MODEL.record(500, seed=1)
    assert recording.counts.shape == (500, 120)
    assert recording.counts.dtype == np.uint8
    assert recording.counts.max() <= MAX_COUNT
    assert recording.counts.min() == 0
    for actions in (recording.cue, recording.plan):
        assert actions.shape == (500,)
        np.testing.assert_array_equal(np.unique(actions), [0, 1, 2])


def test_same_seed_same_session():
    one, same, other = (MODEL.record(50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.counts, same.counts)
    np.testing.assert_array_equal(one.cue, same.cue)
    np.testing.assert_array_equal(one.plan, same.plan)
    assert (one.counts != other.counts).any()


def test_error_trials():
    recording = MODEL.record(4000, seed=3)
    assert 0.08 < (recording.cue != recording.plan).mean() < 0.12


def test_counts_follow_the_plan():
    """Nearest class mean decodes the plan far above chance, and the cue of error trials below."""
    recording = MODEL.record(3000, seed=4)
    counts = recording.counts.astype(float)
    means = np.stack([counts[:1500][recording.plan[:1500] == k].mean(axis=0) for k in range(3)])
    distance = ((counts[1500:, None, :] - means) ** 2).sum(axis=2)
    decoded = distance.argmin(axis=1)
    plan, cue = recording.plan[1500:], recording.cue[1500:]
    assert (decoded == plan).mean() > 0.65
    assert (decoded == cue)[plan != cue].mean() < 0.2


def test_noise_is_correlated():
    """Counts of a bin vary more than Poisson's, and together over the units."""
    untuned = SpikeModel(units=40, bins=1, actions=2, depth=0.0, error_trials=0.0)
    counts = untuned.record(4000, seed=5).counts.astype(float)
    assert np.median(counts.var(axis=0) / counts.mean(axis=0)) > 1.05
    assert np.corrcoef(counts.T)[np.triu_indices(40, 1)].mean() > 0.02


def test_areas_cover_all_units():
    assert sum(area.share for area in AREAS) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 0}, "got 0, 4 and 3"),
        ({"actions": 1}, "2 actions"),
        ({"error_trials": 1.5}, "1.5"),
    ],
)
def test_bad_parameters(changes: dict[str, float], message: str):
    good = {"units": 30, "bins": 4, "actions": 3, "depth": 0.5, "error_trials": 0.1}
    with pytest.raises(ValueError, match=message):
        SpikeModel(**(good | changes))
