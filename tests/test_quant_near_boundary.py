from dataclasses import replace

import numpy as np
import pytest

from models.golden import load_golden
from models.load import load_network
from models.task import Kind, Task
from quant.margins import flip_rate
from quant.near_boundary import crossover_samples, near_boundary

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
        noisy = replace(network, layers=(changed, network.layers[1]))
        expected = near.flips(noisy.forward(near.samples.x))
        unseen = golden.unseen
        flipped = np.mean(decisions(noisy.forward(unseen.x)) != decisions(unseen.y))
        # Some ten decisions of 2,048 change, and it errs on the safe side.
        assert 0.5 * flipped <= expected <= 4 * flipped


def test_all_golden_samples_stand_for_themselves_without_two_decisions(tiny):
    network, golden = tiny
    alike = golden.select(decisions(network.forward(golden.x)) == 0)
    assert len(crossover_samples(network, alike, count=10)) == 0
    near = near_boundary(network, alike)
    assert near.share == 1
    assert len(near.samples) == len(alike)
