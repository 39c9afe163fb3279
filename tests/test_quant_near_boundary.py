from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import GoldenData
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.models.task import Kind, Task
from build_decoder.quant.margins import flip_rate
from build_decoder.quant.near_boundary import (
    blended_samples,
    crossover_samples,
    near_boundaries,
    near_boundary,
)
from tests.decoders import decoder
from tests.networks import dense, dense_chain

CLASSES = Task((Kind.CLASSES,))


def decisions(y):
    return CLASSES.decisions(y)[:, 0]


def margins(y, decided):
    return CLASSES.margins(y, decided[:, None])[:, 0]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [(0.0, 0), (0.15, 0.25), (0.1, 0.125), (1.0, 1), (-1.0, 0)],
)
def test_an_error_breaks_the_margins_below_it(errors, expected):
    sorted_margins = np.array([0.1, 0.2, 0.3, 0.4])
    assert flip_rate(sorted_margins, np.full(4, errors)) == pytest.approx(expected)


def test_margins_meet_the_errors_of_those_near_them_alone():
    sorted_margins = np.arange(1, 101) / 100
    errors = np.where(sorted_margins > 0.5, 0.4, 0.0)
    assert flip_rate(sorted_margins, errors) < 0.02
    assert flip_rate(sorted_margins, errors, neighbours=100) == pytest.approx(0.2, abs=0.01)


def test_each_margin_is_compared_with_the_errors_of_its_window():
    random = np.random.default_rng(5)
    for _ in range(300):
        count, neighbours = random.integers(1, 40, 2)
        sorted_margins = np.sort(random.integers(1, 20, count).astype(float))
        errors = random.integers(-10, 25, count).astype(float)
        errors[random.random(count) < 0.2] = np.nan
        errors[random.integers(count)] = 3
        width = min(neighbours, count)
        broken = 0.0
        for number, margin in enumerate(sorted_margins):
            first = min(max(number - width // 2, 0), count - width)
            near = errors[first : first + width]
            broken += (near > margin).sum() + (near == margin).sum() / 2
        found = flip_rate(sorted_margins, errors, neighbours=neighbours)
        assert found == pytest.approx(broken / count / width)


@pytest.fixture(scope="module")
def tiny():
    network = load_network("tiny")
    return network, load_golden("tiny", network).search


def test_bred_inputs_are_recorded_ones(tiny):
    network, golden = tiny
    bred = crossover_samples(network, golden, count=100)
    assert len(bred) == 100
    for bred_input, recorded in zip(bred.x.T, golden.x.T, strict=True):
        assert set(bred_input) <= set(recorded)
    near, all_ = (margins(part.y, decisions(part.y)) for part in (bred, golden))
    assert np.median(near) < np.median(all_)


def test_samples_near_the_boundary_stand_for_the_golden_ones_there(tiny):
    network, golden = tiny
    near = near_boundary(network, golden)
    assert near.share == 32 / len(golden)
    assert len(near.samples) > 200
    assert np.all(np.diff(near.margins) >= 0)
    own = np.sort(margins(golden.y, decisions(golden.y)))
    assert 0 < near.margins[0] < near.margins[-1] <= own[own > 0][31]
    assert near.flips(near.samples.y) == 0
    assert near.flips(1 - near.samples.y) == pytest.approx(near.share, rel=0.05)


def test_expected_flips_are_those_of_other_samples():
    network = load_network("ahead_case1")
    golden = load_golden("ahead_case1", network)
    near, random = near_boundary(network, golden.search), np.random.default_rng(0)
    layer = network.layers[0]
    for noise in (0.01, 0.02):
        changed = replace(layer, weights=layer.weights + random.normal(0, noise, (800, 20)))
        noisy = network.with_layers((changed, network.layers[1]))
        expected = near.flips(noisy.forward(near.samples.x))
        unseen = golden.unseen
        flipped = np.mean(decisions(noisy.forward(unseen.x)) != decisions(unseen.y))
        # Some ten decisions of 2,048 change, and it errs on the safe side.
        assert 0.5 * flipped <= expected <= 4 * flipped


@pytest.fixture(scope="module")
def signatures():
    """A network of windows of waveforms, and golden data of it."""
    network = load_network("escape_tcn")
    return network, load_golden("escape_tcn", network)


def test_blends_of_waveforms_are_as_noisy_as_they_are_and_on_their_grid(signatures):
    network, golden = signatures
    blends = blended_samples(network, golden.search, count=200)
    assert len(blends) == 200
    grid = blends.x * 128
    assert np.array_equal(grid, np.round(grid))
    assert blends.x.min() >= golden.search.x.min()
    assert blends.x.max() <= golden.search.x.max()
    # A mean would have half the power. Peaks, which are at the same sample, add up to some more.
    power = [np.mean(np.square(part.x.astype(np.float64))) for part in (blends, golden.search)]
    assert 0.9 < power[0] / power[1] < 1.4
    near, all_ = (margins(part.y, decisions(part.y)) for part in (blends, golden.search))
    assert np.median(near) < np.median(all_)


def test_values_on_no_grid_are_not_rounded(signatures):
    network, golden = signatures
    golden = replace(golden.search, x=golden.search.x * 0.7)
    grid = blended_samples(network, golden, count=20).x * 2**20
    assert not np.array_equal(grid, np.round(grid))


@pytest.mark.slow
def test_expected_flips_of_waveforms_are_those_of_other_ones(signatures):
    """With a quarter as many golden samples as there are unseen ones."""
    network, golden = signatures
    near, random = near_boundary(network, golden.search), np.random.default_rng(0)
    assert near.rows is None
    assert len(near.samples) > 200
    node = network.nodes[0]
    for noise in (0.004, 0.008):
        weights = node.weights["weights"] * (1 + random.normal(0, noise * 10, (9, 1, 56, 12)))
        changed = replace(node, weights={**node.weights, "weights": weights})
        noisy = replace(network, nodes=(changed, *network.nodes[1:]))
        expected = near.flips(noisy.forward(near.samples.x))
        unseen = golden.unseen
        flipped = np.mean(decisions(noisy.forward(unseen.x)) != decisions(unseen.y))
        assert 0.4 * flipped <= expected <= 4 * flipped


def test_all_golden_samples_stand_for_themselves_without_two_decisions(tiny):
    network, golden = tiny
    alike = golden.select(decisions(network.forward(golden.x)) == 0)
    assert len(crossover_samples(network, alike, count=10)) == 0
    near = near_boundary(network, alike)
    assert near.share == 1
    assert len(near.samples) == len(alike)


def _trained_on(margins_, labels=None) -> GoldenData:
    """Golden data of two outputs whose margins are ``margins_``, on either side."""
    margins_ = np.asarray(margins_)
    sign = np.where(np.arange(len(margins_)) % 2, 1.0, -1.0)
    x = np.stack([sign * margins_ / 2, -sign * margins_ / 2], axis=1)
    return GoldenData(x, x, labels, np.zeros(len(x), dtype=bool), CLASSES)


IDENTITY = dense_chain("identity", 2, (dense(2, "linear", np.eye(2), np.zeros(2)),))


def test_an_emptied_boundary_counts_as_crowded_as_what_is_farther_out():
    even = np.linspace(0.001, 1.0, 1000)
    spread = near_boundary(IDENTITY, _trained_on(even))
    assert spread.share == pytest.approx(32 / 1000, rel=0.05)
    assert not spread.looks_trained
    lifted = even[even > 0.25]
    trained = near_boundary(IDENTITY, _trained_on(lifted))
    assert trained.counted == 32 / len(lifted)
    # The widest range of margins up to 1 has all samples: up to 0.28 it would have 0.28 of them.
    assert trained.even == pytest.approx(lifted[31], rel=0.01)
    assert trained.share == 2 * trained.even
    assert trained.looks_trained
    assert f"{trained.counted:.1%} of its decisions lie within" in trained.advice()


def test_only_golden_data_that_the_network_gets_right_is_suspected():
    lifted = np.linspace(0.25, 1.0, 1000)
    own = _trained_on(lifted).task.decisions(_trained_on(lifted).y)
    for wrong, suspected in ((0, True), (29, True), (31, False), (300, False)):
        labels = own.copy()
        labels[:wrong] = 1 - labels[:wrong]
        near = near_boundary(IDENTITY, _trained_on(lifted, labels))
        assert near.looks_trained == suspected, wrong
        assert (near.share == near.counted) != suspected
    assert near_boundary(IDENTITY, _trained_on(lifted)).looks_trained  # without labels


def test_each_label_has_a_boundary_of_its_own():
    made = decoder("labels")
    nears = near_boundaries(made.network, made.golden)
    assert [near.decision for near in nears] == [0, 1, 2, 3]
    for number, near in enumerate(nears):
        assert len(near.samples) >= 32
        outputs = near.samples.y[:, number]
        np.testing.assert_allclose(near.margins, np.abs(outputs - 0.5))
        assert np.all(np.diff(near.margins) >= 0)
        changed = near.samples.y.copy()
        changed[:, number] = 1 - outputs
        assert near.flips(changed) == pytest.approx(near.share, rel=0.05)
        changed = 1 - near.samples.y
        changed[:, number] = outputs
        assert near.flips(changed) == 0
