from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models.architecture import Architecture, Input, Node
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import GoldenData, load_golden
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.rewrites import rewrite
from build_decoder.models.task import Kind, Task
from build_decoder.models.walk import Walk
from build_decoder.quant.bwid.ahead import search_ahead
from build_decoder.quant.bwid.hill_climbing import climb_fraction_bits
from build_decoder.quant.bwid.objective import objective, performance
from build_decoder.quant.bwid.ranges import PERFECT_FRACTION, select_integer_bits
from build_decoder.quant.bwid.sensitivity import LOWER_BOUND, least_fraction, select_fraction_bits
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import INPUT, NodeKey, integer_model
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quality import Quality, measure
from build_decoder.quant.range_analysis import observed_values
from tests.architectures import random_network


@pytest.fixture(scope="module")
def tiny():
    network = load_network("tiny")
    return network, load_golden("tiny", network).search


@pytest.fixture(scope="module")
def evaluator(tiny):
    return Evaluator(*tiny)


@pytest.fixture(scope="module")
def perfect(tiny):
    return select_integer_bits(*tiny)


def test_ranges_hold_what_occurs_with_no_bit_to_spare(tiny, perfect):
    for key, values in observed_values(*_network_and_inputs(tiny)).items():
        format = perfect[key]
        assert format.signed
        assert format.fraction == PERFECT_FRACTION
        one_less = 2.0 ** (format.integer - 2)
        assert -2 * one_less <= values.min()
        assert values.max() <= 2 * one_less
        assert values.min() < -one_less or values.max() >= one_less * (1 - 1e-6)


@pytest.mark.parametrize("codes", [(0, 1), (-1, 0, 1), (0, 1, 2, 3, 4), (0, 0.5)], ids=str)
def test_inputs_up_to_a_power_of_two_are_held(codes, tiny):
    """Such as spikes, whose format has no fraction bits in hardware."""
    network, golden = tiny
    x = np.array(codes)[golden.x.astype(np.int64) % len(codes)]
    y = network.forward(x)
    given = replace(golden, x=x, y=y, labels=golden.task.decisions(y))
    found = search_ahead(network, given)
    np.testing.assert_allclose(
        Evaluator(network, given).outputs(found.steps[0].formats), y, atol=1e-4
    )
    input = found.formats[NodeKey(network.inputs[0].name, INPUT)]
    assert input.max_raw * input.resolution >= max(codes)


def _network_and_inputs(tiny):
    network, golden = tiny
    return network, golden.x


def test_perfect_formats_are_as_good_as_floats(tiny, evaluator, perfect):
    network, golden = tiny
    np.testing.assert_allclose(evaluator.outputs(perfect), network.forward(golden.x), atol=1e-4)
    assert evaluator.quality(perfect).agreement == 1


def test_least_fraction_is_the_least_that_keeps_the_performance(evaluator, perfect):
    best = performance(evaluator.quality(perfect))
    for key, format in perfect.items():
        fraction = least_fraction(evaluator, perfect, key)

        def with_bits(bits, key=key, format=format):
            changed = {**perfect, key: QFormat(format.integer, bits)}
            return performance(evaluator.quality(changed))

        assert with_bits(fraction) >= best
        assert fraction == LOWER_BOUND or with_bits(fraction - 1) < best


def test_sensitivity_keeps_integer_bits(evaluator, perfect):
    found = select_fraction_bits(evaluator, perfect)
    assert {key: f.integer for key, f in found.items()} == {
        key: f.integer for key, f in perfect.items()
    }


@pytest.mark.parametrize(
    ("performance_", "bits", "alpha", "expected"),
    [
        (1.0, [20, 20, 20], 0.5, 0.5),
        (1.0, [4, 6], 0.0, 0.25),
        (0.9, [4, 6], 0.8, 0.13),
        (0.75, [0, 0], 1.0, 0.25),
    ],
)
def test_equation_10(performance_, bits, alpha, expected):
    assert objective(performance_, bits, alpha) == pytest.approx(expected)


def test_performance_is_accuracy_lost_and_knows_no_gain():
    def quality(accuracy):
        one, none = (1.0,), (0.0,)
        return Quality(
            100, Kind.CLASSES, True, (0.9,), (accuracy,), one, none, none, one, one, 0.0
        )

    assert performance(quality(0.9)) == 1
    assert performance(quality(0.95)) == 1
    assert performance(quality(0.8)) == pytest.approx(0.9)


@pytest.mark.parametrize("alpha", [0.5, 0.99])
@pytest.mark.parametrize("seed", [0, 1])
def test_hill_climbing_never_ends_worse(evaluator, perfect, alpha, seed):
    start = select_fraction_bits(evaluator, perfect)
    climb = climb_fraction_bits(evaluator, start, alpha=alpha, seed=seed, tries=200)

    def score(formats):
        bits = [format.fraction for format in formats.values()]
        return objective(performance(evaluator.quality(formats)), bits, alpha)

    assert climb.start == pytest.approx(score(start))
    assert climb.objective == pytest.approx(score(climb.formats))
    assert climb.objective <= climb.start
    objectives = [climb.start, *(move.objective for move in climb.moves)]
    assert objectives == sorted(objectives, reverse=True)


def test_search_is_reproducible_and_keeps_all_steps(tiny):
    network, golden = tiny
    one, two = (search_ahead(network, golden, seed=3) for _ in range(2))
    assert one.formats == two.formats
    assert [step.name for step in one.steps] == ["BWS-IBW", "BWS-FBW", "BWO-FBW"]
    assert [step.evaluations for step in one.steps] == [step.evaluations for step in two.steps]
    for key in one.formats:
        formats = one.trace(key)
        assert one.decided_by(key) in formats
        assert formats[one.decided_by(key)] == one.formats[key]


def test_search_measures_the_integer_model(tiny):
    network, golden = tiny
    result = search_ahead(network, golden)
    assert result.quality == measure(integer_model(network, result.formats), golden)


@pytest.mark.parametrize("segments", [1, 8])
def test_errors_of_few_segments_are_not_held_against_the_formats(tiny, segments):
    network, golden = tiny
    result = search_ahead(network, golden, uniform_segments=segments)
    assert min(result.quality.agreements) > 0.99
    model = integer_model(network, result.formats, uniform_segments=segments)
    assert result.quality == measure(model, golden)


def test_a_network_with_branches_of_other_layers():
    """Each role of each layer gets its width, and what the search measured is what is made."""
    architecture = Architecture(
        "branches",
        (Input("x", (6, 8, 1)), Input("reversed", (8, 6), of="x", walk=Walk(((8, -1), (6, 8)), 7))),
        (
            Node("conv", ("x",), Conv2d(3, (3, 3), "relu")),
            Node("average", ("conv",), GlobalAveragePool()),
            Node("lstm", ("reversed",), Lstm(3, False)),
            Node("both", ("average", "lstm"), Concat()),
            Node("y", ("both",), Dense(3, "linear")),
        ),
    )
    network = random_network(architecture)
    x = np.random.default_rng(5).normal(size=(80, network.input_count))
    y = network.forward(x)
    golden = GoldenData(
        x, y, y.argmax(1)[:, None], np.arange(80) < 20, Task((Kind.CLASSES,))
    )
    rewritten = rewrite(network)
    network, golden = rewritten.network, rewritten.golden_of(golden).search
    result = search_ahead(network, golden)
    assert {key.node for key in result.formats} == {"x", "conv", "lstm", "y", "average"}
    assert result.quality == measure(integer_model(network, result.formats), golden)
    assert result.quality.loss <= 0.02
    ranges, *_, last = result.steps
    assert last.average_bit_width < ranges.average_bit_width / 2
    assert len({format.width for format in result.formats.values()}) > 3
