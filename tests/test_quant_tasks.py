"""Each task is kept on samples that are new to network and search."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.task import Kind
from build_decoder.quant.criterion import MAX_ERROR, Criterion
from build_decoder.quant.exercise import exercised, missing_answers
from build_decoder.quant.quality import measure
from tests.decoders import decoder
from tests.searches import quantise

REGRESSIONS = ("velocity", "position", "angles", "force")


def lost_r2(quality) -> float:
    return max(f - i for f, i in zip(quality.float_r2s, quality.r2s, strict=True))


@pytest.mark.parametrize("search", ["default", "ahead"])
@pytest.mark.parametrize("name", REGRESSIONS)
def test_each_output_keeps_its_r2_on_new_samples(name, search):
    made = decoder(name)
    found = quantise(made.network, made.golden, search=search)
    new = measure(found.model, made.new)
    assert min(new.float_r2s) > 0.8  # a decoder that decodes
    assert lost_r2(new) <= 0.005
    if search == "default":
        assert max(found.seen.errors) <= MAX_ERROR
        assert max(new.errors) <= 1.25 * MAX_ERROR
        assert found.seen == found.search.quality
    # No output is a constant.
    assert (np.ptp(found.model.predict(made.new.x), axis=0) > 0).all()


def test_an_offset_does_not_hide_what_an_output_varies_by():
    """Position has outputs of 960 +- 260, 540 +- 140 and 0 +- 0.3."""
    made = decoder("position")
    model = quantise(made.network, made.golden).model
    error = model.predict(made.new.x) - made.new.y
    assert (error.std(axis=0) <= 0.03 * made.new.y.std(axis=0)).all()


def test_a_larger_error_costs_less_and_a_smaller_one_is_kept():
    made = decoder("velocity")
    costs = []
    for error in (0.002, 0.02, 0.1):
        found = quantise(made.network, made.golden, max_error=error)
        assert max(found.seen.errors) <= error
        costs.append(AreaCost(found.search.network, XC7)(found.search.formats))
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > costs[-1]


def test_labels_are_kept_one_by_one():
    made = decoder("labels")
    found = quantise(made.network, made.golden)
    new = measure(found.model, made.new)
    assert len(new.agreements) == 4
    assert all(0.85 < accuracy < 1 for accuracy in new.float_accuracies)
    assert max(1 - kept for kept in new.agreements) <= 0.001


@pytest.mark.parametrize("name", ["binary", "alarm"])
def test_a_threshold_of_its_own_is_kept(name):
    made = decoder(name)
    new = measure(quantise(made.network, made.golden).model, made.new)
    assert 0.2 < np.mean(made.new.task.decisions(made.new.y)) < 0.8
    assert 1 - new.agreement <= 2 * Criterion.max_flips


@pytest.mark.parametrize("answers", [[0], [1]])
def test_answers_that_golden_data_never_gives_are_kept(answers):
    """Half of all outputs of the binary decoder are never seen by the search."""
    made = decoder("binary")
    decided = made.golden.task.decisions(made.golden.y)[:, 0]
    one_sided = made.golden.select(np.isin(decided, answers))
    for search in ("default", "ahead"):
        found = quantise(made.network, one_sided, search=search)
        warning = found.warnings[0]
        assert f"class {1 - answers[0]} hardly ever decided" in warning
        assert measure(found.model, made.new).agreement >= 0.99
    (named,) = missing_answers(replace(one_sided, class_names=("rest", "grasp")))
    assert named == ("class 0 (rest)", "class 1 (grasp)")[1 - answers[0]] + " hardly ever decided"
    assert quantise(made.network, made.golden).warnings == ()


def test_exercise_reaches_answers_and_inputs_that_golden_data_lacks():
    made = decoder("labels")
    x = made.golden.x.copy()
    x[:, 7] = 0.0
    y = made.network.forward(x)
    golden = replace(made.golden, x=x, y=y).select(made.golden.task.decisions(y)[:, 2] == 0)
    assert missing_answers(golden) == ["label 2 hardly ever on"]
    named = replace(golden, class_names=tuple(f"muscle {n}" for n in range(y.shape[1])))
    assert missing_answers(named) == ["label 2 (muscle 2) hardly ever on"]
    more = exercised(made.network, golden)
    assert more.task.kinds == (Kind.LABELS, Kind.REGRESSION)
    added = more.x[len(golden) :]
    np.testing.assert_array_equal(more.x[: len(golden)], golden.x)
    assert np.ptp(added[:, 7]) > 0
    assert set(added.ravel()) <= set(golden.x.ravel())
    assert missing_answers(more) == []
    np.testing.assert_array_equal(more.y, made.network.forward(more.x))


def test_near_ties_are_counted_and_not_held_against_the_search():
    made = decoder("alarm")
    golden = made.golden
    y = golden.y.copy()
    # Five samples that no format keeps: their own outputs lie on the other side by a hair.
    rows = np.flatnonzero(~golden.held_out)[:5]
    layer = made.network.layers[0]
    for row in rows:
        # An input is moved so that the output comes within 1e-12 of the threshold.
        target = np.log(0.2 / 0.8)
        short = target - golden.x[row] @ layer.weights[:, 0] - layer.bias[0]
        golden.x[row] += short * layer.weights[:, 0] / np.square(layer.weights[:, 0]).sum()
        y[row] = 0.2 - 1e-12 * (1 if row % 2 else -1)
    found = quantise(made.network, replace(golden, y=y))
    assert 1 <= found.near_ties <= 5
    assert 1 - measure(found.model, made.new).agreement <= 2 * Criterion.max_flips
