"""Held-out samples that are not like those searched on are told of; others are not."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import GoldenData, Kind, Network, Task
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.floating.float_format import FP16
from build_decoder.quant.floating.quantised import float_quantised
from build_decoder.quant.held_out import held_out_told, samples_limited
from build_decoder.quant.quantise import quantise
from tests.networks import dense, dense_chain

LIMITED = "samples held out have inputs beyond the input's format"
LOST = "decisions are kept on samples held out"
CAUSED = "decisions are kept on those limited"
FAR = "an output has an error of"


def network(outputs: int) -> Network:
    random = np.random.default_rng(0)
    first = dense(6, "relu", random.normal(size=(8, 6)) / 8, random.normal(size=6) / 4)
    last = dense(outputs, "linear", random.normal(size=(6, outputs)), np.zeros(outputs))
    net = dense_chain("net", 8, (first, last))
    centre = np.median(net.forward(random.integers(0, 12, (400, 8)).astype(float)), axis=0)
    return dense_chain("net", 8, (first, replace(last, bias=-centre)))


def golden(net: Network, kind: Kind, times: float = 1.0, *, seed: int = 0) -> GoldenData:
    """Samples of which a quarter is held out, and ``times`` as large as the others."""
    x = np.random.default_rng(seed).integers(0, 12, (400, 8)).astype(float)
    held_out = np.arange(len(x)) % 4 == 0
    x[held_out] *= times
    y = net.forward(x)
    centre = np.median(y[~held_out], axis=0)
    thresholds = tuple(centre) if kind in (Kind.BINARY, Kind.LABELS) else ()
    return GoldenData(x, y, None, held_out, Task((kind,), thresholds, "tests"))


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_inputs_beyond_the_format_are_told_of_every_task(kind):
    net = network(1 if kind is Kind.BINARY else 3)
    found = quantise(net, golden(net, kind, 4.0), cost=BitCost)
    (told,) = found.warnings
    assert told.startswith(f"100 of 100 {LIMITED}")
    assert "is 44, input " in told
    assert "inputs searched on are 0 to 11" in told
    # What follows is told in the same line.
    assert ("are kept on those limited" in told) == (kind in (Kind.BINARY, Kind.LABELS))
    assert (f"; {FAR}" in told) == (kind is Kind.REGRESSION)
    assert told.endswith("; search on samples of the whole range")


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_held_out_samples_like_the_others_are_no_matter(kind):
    net = network(1 if kind is Kind.BINARY else 3)
    for seed in range(3):
        found = quantise(net, golden(net, kind, seed=seed), cost=BitCost)
        assert not [w for w in found.warnings if LIMITED in w or LOST in w]


def test_those_of_other_networks_are_told_with_their_names():
    net = network(3)
    other = replace(net, name="tuesday")
    also = [(other, golden(other, Kind.CLASSES, 4.0, seed=1))]
    found = quantise(net, golden(net, Kind.CLASSES), cost=BitCost, also=also)
    told = [w for w in found.warnings if w.startswith("--also tuesday: ")]
    assert len(told) == 1
    assert LIMITED in told[0]
    assert CAUSED in told[0]
    assert not [w for w in found.warnings if w not in told and (LIMITED in w or LOST in w)]


def test_decisions_that_floating_point_loses_on_held_out_samples_are_told():
    net = network(3)
    found = float_quantised(net, golden(net, Kind.CLASSES, 1000.0), FP16)
    assert any(LOST in warning for warning in found.warnings)


def test_floating_point_tells_of_what_is_limited_once():
    net = network(3)
    found = float_quantised(net, golden(net, Kind.CLASSES, 30.0), FP16)
    (told,) = found.warnings
    assert told.startswith("inputs are beyond the range of those searched on, and are limited")
    assert " of layer 1, up to 15 in size and " in told
    assert " of layer 2, " in told


@pytest.mark.parametrize("kind", [Kind.CLASSES, Kind.REGRESSION], ids=str)
def test_held_out_inputs_too_small_for_floating_point_are_told_once(kind):
    net = network(3)
    (told,) = float_quantised(net, golden(net, kind, 1e-9), FP16).warnings
    assert " inputs held out that are not zero are too small: E5M10 has 5 exponent " in told
    assert "are kept" not in told  # the biases decide
    data = golden(net, kind)
    small = replace(data, x=1e-9 * data.x, y=net.forward(1e-9 * data.x))
    (told,) = (w for w in float_quantised(net, small, FP16).warnings if "are too small" in w)
    assert " inputs searched on that are not zero are too small: " in told


def test_decisions_that_small_inputs_lose_are_told_with_them():
    weights = np.random.default_rng(0).normal(size=(8, 3))
    net = dense_chain("net", 8, (dense(3, "linear", weights, np.zeros(3)),))
    (told,) = float_quantised(net, golden(net, Kind.CLASSES, 1e-9), FP16).warnings
    assert " inputs held out that are not zero are too small: " in told
    assert LOST in told


def limited(net: Network, x: np.ndarray, held_out: np.ndarray, steps: int | None = None) -> list:
    """Warnings of a model that was searched for inputs of 0 to 11."""
    model = quantise(net, golden(net, Kind.CLASSES), cost=BitCost).model
    task = Task((Kind.CLASSES,), (), "tests")
    data = GoldenData(x, net.forward(x), None, held_out, task, steps=steps)
    return list(held_out_told(data, data.y, format=model.input_format))


@pytest.mark.parametrize(
    ("size", "samples", "told"), [(20.0, 1, 0), (20.0, 2, 0), (20.0, 20, 1), (45.0, 1, 1)]
)
def test_a_sample_that_chance_brings_is_no_matter(size, samples, told):
    data = golden(network(3), Kind.CLASSES)
    x = data.x.copy()
    x[np.flatnonzero(data.held_out)[:samples], 0] = size
    assert len(limited(network(3), x, data.held_out)) == told


def test_one_large_sequence_is_one_sample():
    data = golden(network(3), Kind.CLASSES)
    x, held_out = data.x.copy(), np.repeat(np.arange(20) % 4 == 0, 20)
    x[np.flatnonzero(held_out)[:20], 0] = 20.0
    assert len(limited(network(3), x, held_out)) == 1
    assert not limited(network(3), x, held_out, steps=20)


def test_samples_whose_inputs_are_limited_are_counted():
    net = network(3)
    data = golden(net, Kind.CLASSES, 4.0)
    format = quantise(net, data, cost=BitCost).model.input_format
    assert samples_limited(format, data.search) == 0
    assert samples_limited(format, data.unseen) == 100


def test_the_warning_counts_as_the_report_does():
    """Also samples that are limited within the range searched on, which are not told alone."""
    net = network(3)
    data = golden(net, Kind.CLASSES, 4.0)
    x = data.x.copy()
    x[[1, 2, 3], 0] = 33.0
    x[data.held_out] = 3.0
    x[np.flatnonzero(data.held_out)[:60], 0] = 44.0
    x[np.flatnonzero(data.held_out)[60:70], 0] = 20.0
    (told,) = limited(net, x, data.held_out)
    assert told.startswith(f"70 of 100 {LIMITED}")
    assert "are limited to it, as are 3 of 300 searched on: the farthest is 44" in told


def test_what_samples_lose_that_are_not_limited_is_told_for_itself():
    net = network(3)
    data = golden(net, Kind.CLASSES)
    rows = np.flatnonzero(data.held_out)
    x = data.x.copy()
    x[rows[:50]] *= 4
    data = replace(data, x=x, y=net.forward(x))
    format = quantise(net, data, cost=BitCost).model.input_format
    y = data.y.copy()
    y[rows[:50]] = -y[rows[:50]]
    (caused,) = held_out_told(data, y, format=format)
    assert f"; 0.00% of 50 {CAUSED}, 100.00% of 300 on those searched on; " in caused
    y[rows[50:]] = -y[rows[50:]]
    first, second = held_out_told(data, y, format=format)
    assert first == caused
    assert second.startswith("0.00% of 50 decisions are kept on the others held out, ")


@pytest.mark.parametrize(
    ("seen", "unseen", "before", "now", "told"),
    [
        (20, 5, 0, 1, False),  # one of five says nothing
        (375, 125, 0, 2, False),
        (375, 125, 0, 8, True),
        (6000, 2048, 0, 33, True),  # 98.4 %, of many
        (2048, 2048, 6, 10, False),
        (300, 100, 30, 11, False),  # as bad as what was searched on
        (300, 100, 30, 60, True),
    ],
)
def test_decisions_lost_are_told_where_chance_does_not_account_for_them(
    seen, unseen, before, now, told
):
    held_out = np.arange(seen + unseen) >= seen
    y = np.tile([1.0, 0.0], (seen + unseen, 1))
    data = GoldenData(y, y, None, held_out, Task((Kind.CLASSES,), (), "tests"))
    y = y.copy()
    y[:before] = y[seen : seen + now] = [0.0, 1.0]
    found = list(held_out_told(data, y))
    assert len(found) == told
    if told:
        assert f"{1 - now / unseen:.2%} of {unseen} {LOST}" in found[0]


def test_the_label_that_loses_most_is_named():
    y = np.tile([1.0, 0.0, 1.0], (400, 1))
    task = Task((Kind.LABELS,), (0.5,) * 3, "tests")
    data = GoldenData(y, y, None, np.arange(400) % 4 == 0, task)
    (told,) = held_out_told(data, np.where(data.held_out[:, None], [1.0, 0.0, 0.0], y))
    assert told.startswith("0.00% of 100 decisions of label 2 ")
