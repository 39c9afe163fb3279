"""Samples run in parts, the nearest to a boundary first: the same results as all at once."""


import numpy as np
import pytest

from build_decoder.models.golden import GoldenData
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.network import Network
from build_decoder.models.rewrites import rewrite
from build_decoder.models.task import Kind, Task
from build_decoder.quant import evaluator as evaluator_module
from build_decoder.quant import integer_model as integer_model_module
from build_decoder.quant import judge as judge_module
from build_decoder.quant import near_boundary as near_boundary_module
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.evaluator import Evaluator, Outputs
from build_decoder.quant.format_moves import with_bits
from build_decoder.quant.formats import integer_model
from build_decoder.quant.judge import Judge
from build_decoder.quant.near_parts import nearest_first
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.quant.search import search_formats
from build_decoder.quant.standard import Standard
from build_decoder.quant.weight_rounding import CompensatedRounding
from tests.decoders import decoder

CUFF = NerveCuff(rings=3, contacts=2, samples=12, classes=3)
SAMPLES = 60


@pytest.fixture(scope="module")
def images():
    """A network of branches, pools and a concatenation, and waveforms that it decides in all three
    ways."""
    random = np.random.default_rng(3)
    architecture = EscapeFcn(filters=3, pointwise=4, sets=2, multiplier=1, cuff=CUFF).architecture(
        "fcn"
    )
    weights = {
        node.name: {
            name: random.normal(0, 1.5 / np.sqrt(np.prod(shape[:-1])), shape)
            for name, shape in architecture.weight_shapes(node).items()
        }
        for node in architecture.nodes
    }
    waveforms = random.uniform(-1, 1, (6, CUFF.channels * CUFF.samples))
    x = waveforms[random.integers(6, size=SAMPLES)] * random.uniform(0.3, 1, (SAMPLES, 1))
    x = np.clip(x + random.normal(0, 0.15, x.shape), -1, 1)
    sums = rewrite(Network.of(architecture, weights)).network.forward(x)
    weights["classes"]["bias"] -= sums.mean(axis=0)
    network = Network.of(architecture, weights)
    y = network.forward(x)
    assert min(np.bincount(y.argmax(axis=1), minlength=3)) > 5
    task = Task((Kind.CLASSES,), source="test")
    golden = GoldenData(x, y, None, np.zeros(SAMPLES, dtype=bool), task)
    rewrites = rewrite(network)
    return rewrites.network, rewrites.golden_of(golden)


def walk(network, golden, *, steps, seed=0):
    """Formats, each with one node changed, from narrow ones on."""
    random = np.random.default_rng(seed)
    formats = {
        key: with_bits(format, fraction=9 - format.integer)
        for key, format in analyse_ranges(network, golden.x).items()
    }
    keys = list(formats)
    for _ in range(steps):
        key = keys[random.integers(len(keys))]
        width = int(random.integers(2, 10))
        formats = {**formats, key: with_bits(formats[key], fraction=width - formats[key].integer)}
        yield formats


@pytest.mark.parametrize("remembered", [1 << 30, 1 << 14])
def test_parts_of_the_samples_make_the_outputs_of_the_integer_model(
    images, monkeypatch, remembered
):
    """Whether results are remembered or dropped."""
    monkeypatch.setattr(evaluator_module, "_REMEMBERED_BYTES", remembered)
    network, golden = images
    order = np.random.default_rng(0).permutation(len(golden))
    parts = np.split(order, (5, 20))
    evaluator, whole = Evaluator(network, golden, parts=parts), Evaluator(network, golden)
    for number, formats in enumerate(walk(network, golden, steps=60)):
        grown = [y.copy() for _, y in evaluator.growing_outputs(formats)]
        expected = whole.outputs(formats)
        np.testing.assert_array_equal(grown[-1], expected)
        for end, y in zip((5, 20, len(golden)), grown, strict=True):
            np.testing.assert_array_equal(y[order[:end]], expected[order[:end]])
            assert np.isnan(y[order[end:]]).all()
        if number % 20 == 0:
            model = integer_model(network, formats)
            np.testing.assert_array_equal(expected, model.predict(golden.x))


def test_an_integer_model_runs_few_samples_of_many_values_at_a_time(images, monkeypatch):
    network, golden = images
    *_, formats = walk(network, golden, steps=3)
    model = integer_model(network, formats)
    expected, none = model.predict(golden.x), model.predict(golden.x[:0])
    run = []
    values = type(model).values
    monkeypatch.setattr(
        type(model),
        "values",
        lambda self, x, **more: run.append(len(x)) or values(self, x, **more),
    )
    held = sum(array[0].size for array in values(model, model.quantise_input(golden.x)).values())
    monkeypatch.setattr(integer_model_module, "_PART", 7 * held)
    np.testing.assert_array_equal(model.predict(golden.x), expected)
    assert run == [7] * (SAMPLES // 7) + [SAMPLES % 7]
    assert model.predict(golden.x[:0]).shape == none.shape == (0, 3)


def test_formats_are_one_evaluation_however_many_parts_are_run(images):
    network, golden = images
    evaluator = Evaluator(network, golden, parts=np.split(np.arange(len(golden)), (5, 20)))
    for number, formats in enumerate(walk(network, golden, steps=5), start=1):
        next(evaluator.growing_outputs(formats))
        assert evaluator.evaluations == number
        evaluator.outputs(formats)
        assert evaluator.evaluations == number


@pytest.fixture(params=["golden", "bred"])
def near_samples(request, monkeypatch):
    """Whether samples near a boundary are golden ones or bred ones."""
    if request.param == "golden":
        monkeypatch.setattr(
            near_boundary_module, "_bred",
            lambda network, golden, *_: golden.select(np.zeros(len(golden), dtype=bool)),
        )
    return request.param


def test_the_first_parts_lie_nearest_to_a_boundary(images, near_samples):
    network, golden = images
    standard = Standard(network, golden, Criterion())
    parts = nearest_first(network, standard)
    if near_samples == "golden":
        assert standard.near_samples is not None
        samples = golden
    else:
        assert standard.near_rows is None
        samples = standard.near_samples
    count = len(samples)
    assert [len(part) for part in parts] == [8, 16, count - 24]
    assert sorted(np.concatenate(parts)) == list(range(count))
    decided = golden.task.decisions(samples.y)
    margins = golden.task.margin(samples.y, decided, 0)
    for nearer, farther in zip(parts, parts[1:], strict=False):
        assert margins[nearer].max() <= margins[farther].min()


def test_samples_of_dense_networks_are_run_at_once():
    made = decoder("labels")
    standard = Standard(made.network, made.golden, Criterion())
    assert standard.near_samples is not None
    assert nearest_first(made.network, standard) is None


def test_each_boundary_has_samples_in_the_first_part(images):
    """Bred samples, of two decisions one after the other."""
    network, golden = images
    standard = Standard(network, golden, Criterion())
    (near,) = standard.near
    assert near.rows is None
    standard.near, count = [near] * 2, len(near.samples)
    first, *_ = nearest_first(network, standard)
    assert list(first) == [*range(4), *range(count, count + 4)]


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_parts_tell_the_least_that_harm_can_be(images, near_samples, monkeypatch, stages):
    network, golden = images
    criterion = Criterion()
    judge = Judge(network, golden, criterion)
    monkeypatch.setattr(judge_module, "nearest_first", lambda *_: None)
    whole = Judge(network, golden, criterion)
    assert (judge.stages, whole.stages) == (3, 1)
    below = 0
    for formats in walk(network, golden, steps=40, seed=stages):
        harm = whole.harm(formats)
        least = judge.harm_if(formats, lambda harm: True, stages=stages)
        assert least <= harm
        below += least < harm
        assert judge.harm_if(formats, lambda harm: True) == judge.harm(formats) == harm
        assert judge.holds(formats) == whole.holds(formats)
    assert (below > 0) == (stages < 3)


def test_what_few_samples_refuse_is_run_on_no_others(images, near_samples):
    network, golden = images
    judge = Judge(network, golden, Criterion())
    part_run = []
    evaluator = judge._full if near_samples == "golden" else judge._near
    growing = evaluator.growing_outputs

    def counted(formats):
        for numbers, y in growing(formats):
            part_run.append(int((~np.isnan(y[:, 0])).sum()))
            yield Outputs(numbers, y)

    evaluator.growing_outputs = counted
    *_, coarse = walk(network, golden, steps=60)
    assert judge.harm_if(coarse, lambda harm: harm <= 1) is None
    few = [8] if near_samples == "golden" else [8, 24]
    assert part_run == few
    assert not judge.holds(coarse)
    assert part_run == few  # that is remembered
    assert judge.harm(coarse) > 1
    near = judge.standard.near_samples
    assert part_run[-1] == (SAMPLES if near_samples == "golden" else len(near))


@pytest.mark.slow
def test_a_search_in_parts_is_as_good_as_one_on_all_samples(images, monkeypatch):
    network, golden = images
    found = search_formats(network, golden, Criterion(), BitCost)
    monkeypatch.setattr(judge_module, "nearest_first", lambda *_: None)
    expected = search_formats(network, golden, Criterion(), BitCost)
    assert [step.formats for step in found.steps[:3]] == [
        step.formats for step in expected.steps[:3]
    ]  # what no order of changes decides
    cost = BitCost(network)
    assert cost(found.formats) <= 1.02 * cost(expected.formats)
    whole = Judge(network, golden, Criterion(), rounding=CompensatedRounding(network, golden.x))
    whole.excuse(found.steps[0].formats)
    assert whole.holds(found.formats)
