"""What is told where a decoder is not what its figures might let one believe."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from build_decoder.models import GoldenData, InputError, Kind, Network, Task
from build_decoder.quant import search
from build_decoder.quant.format_moves import with_bits
from build_decoder.quant.quality import measure, output_scales
from tests.decoders import decoder
from tests.networks import dense, dense_chain
from tests.searches import quantise
from tests.sweeps import swept_cases

SAMPLES = 300


def network(*layers: tuple[int, str], inputs: int = 4, seed: int = 0, bias=0.0) -> Network:
    random = np.random.default_rng(seed)
    built = []
    for units, activation in layers:
        weights = random.normal(size=(inputs, units))
        built.append(dense(units, activation, weights, np.zeros(units)))
        inputs = units
    built[-1] = replace(built[-1], bias=built[-1].bias + bias)
    return dense_chain("net", built[0].input_count, tuple(built))


def golden(net: Network, kind: Kind, x=None, thresholds=(), **more) -> GoldenData:
    x = np.random.default_rng(1).normal(size=(SAMPLES, net.input_count)) if x is None else x
    task = Task((kind,), thresholds, "tests")
    return GoldenData(x, net.forward(x), None, np.arange(len(x)) % 4 == 0, task, **more)


@pytest.mark.parametrize("apart", [1e-3, 1e-5])
def test_outputs_that_differ_by_little_get_finer_formats(apart):
    """Such decisions are no near ties: they need formats of more than 16 bits."""
    net = network((3, "linear"))
    layer = net.layers[0]
    weights = layer.weights * 10
    weights[:, 1] = weights[:, 0] + apart * layer.weights[:, 1]
    net = net.with_layers((replace(layer, weights=weights),))
    found = quantise(net, golden(net, Kind.CLASSES))
    assert found.near_ties <= 1
    assert found.all.agreement >= 0.99
    assert not any("near to a boundary" in warning for warning in found.warnings)


def test_many_ties_are_told():
    """Outputs that are equal but for the last bits of a float64: no format keeps them apart."""
    net = network((3, "linear"))
    layer = net.layers[0]
    weights = layer.weights.copy()
    weights[:, 1] = weights[:, 0] * (1 + 1e-15)
    net = net.with_layers((replace(layer, weights=weights),))
    found = quantise(net, golden(net, Kind.CLASSES))
    assert found.near_ties > 3
    told = r"lie so near to a boundary, half of them within \S+ of the outputs' standard deviation"
    assert any(re.search(told, w) for w in found.warnings)


def test_near_ties_are_those_that_are_lost_in_the_end():
    made = decoder("velocity")
    found = quantise(made.network, replace(made.golden, task=Task((Kind.CLASSES,))))
    search = made.golden.search
    lost = found.model.predict(search.x).argmax(axis=1) != search.y.argmax(axis=1)
    assert found.near_ties == np.count_nonzero(lost & found.search.near_ties)


@pytest.mark.parametrize(
    ("search", "bias"), swept_cases(product(["default", "ahead"], [-7.0, -15.0]), 3)
)
def test_a_label_that_is_hardly_ever_on_does_not_spoil_the_others(search, bias):
    net = network((6, "tanh"), (3, "sigmoid"), bias=np.array([0.0, 0.0, bias]))
    data = golden(net, Kind.LABELS, thresholds=(0.5,) * 3)
    found = quantise(net, data, search=search)
    assert "label 2 hardly ever on" in found.warnings[0]
    assert min(found.all.agreements) >= 0.99


def test_errors_are_in_a_scale_that_decides():
    y = np.random.default_rng(0).normal(size=(200, 3)) * [1.0, 1e-3, 0.0] + 0.1
    own = output_scales(y, Task((Kind.REGRESSION,)))
    np.testing.assert_allclose(own[:2], y.std(axis=0)[:2])
    assert 0.1 < own[2] < 1  # that of the others
    decided = output_scales(y, Task((Kind.CLASSES,)))
    np.testing.assert_allclose(decided, [own[0], own[0] / 10, own[0] / 10])


def test_a_constant_output_is_no_matter_of_rounding_errors():
    """The standard deviation of a column of 0.1 is 1e-17 to numpy."""
    net = network((2, "linear"))
    layer = net.layers[0]
    still = replace(layer, weights=layer.weights * [1, 0], bias=np.full(2, 0.1))
    net = net.with_layers((still,))
    found = quantise(net, golden(net, Kind.REGRESSION))
    assert max(found.all.errors) <= 0.03
    assert found.all.r2s[1] is found.all.float_r2s[1] is None
    still = quantise(net, golden(net, Kind.REGRESSION, x=np.ones((60, 4))))
    assert still.all.loss is None


def test_the_integer_model_itself_keeps_the_criterion():
    """A generated activation errs by a step, which the evaluator does not know of wide inputs."""
    net = network((6, "tanh"), (4, "sigmoid"), inputs=8, seed=3)
    data = golden(net, Kind.LABELS, thresholds=(0.2, 0.4, 0.6, 0.8))
    found = quantise(net, data)
    assert found.search.steps[-1].name == "exact"
    assert max(layer.sum.width for layer in found.model.layers) > 12
    assert found.near_ties <= 1
    kept = measure(found.model, data.search)
    assert round((1 - min(kept.agreements)) * len(data.search)) <= found.near_ties


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Kind.CLASSES, r"% is lost, where 0.00% may be \(--max-loss\), .*% of decisions are not "),
        (Kind.REGRESSION, r"an output has an error of \S+ of its standard deviation, above 0.02"),
    ],
    ids=str,
)
def test_a_last_step_that_does_not_keep_the_limits_is_told(monkeypatch, kind, told):
    def spoilt(search, formats, uniform_segments):
        return {
            key: with_bits(format, fraction=2) if key.role == "weight" else format
            for key, format in formats.items()
        }

    monkeypatch.setattr(search, "made_exact", spoilt)
    monkeypatch.setattr(search, "approximated", lambda network, formats: [None])
    net = network((6, "tanh"), (4, "linear"), inputs=8, seed=3)
    found = quantise(net, golden(net, kind))
    warning = next(text for text in found.warnings if "formats that were tried" in text)
    assert re.search(told, warning)
    # What the step itself is said to lose is what the integer model loses.
    assert found.search.steps[-1].quality == found.seen


def test_held_out_samples_beyond_the_others_are_told():
    net = network((2, "linear"))
    data = golden(net, Kind.REGRESSION)
    x = np.where(data.held_out[:, None], 40 * data.x, data.x)
    far = quantise(net, replace(data, x=x, y=net.forward(x)))
    (warning,) = far.warnings
    assert "are limited to it" in warning
    assert "; an output has an error of " in warning
    assert quantise(net, data).warnings == ()


def test_targets_that_the_float_network_does_not_give_are_told():
    net = network((2, "linear"))
    data = golden(net, Kind.REGRESSION)
    noise = np.random.default_rng(3).normal(size=data.y.shape)
    assert quantise(net, replace(data, targets=data.y + 0.1 * noise)).warnings == ()
    (warning,) = quantise(net, replace(data, targets=100 * noise)).warnings
    assert "worse than a constant" in warning


def test_aheads_search_says_what_it_does_not_keep():
    made = decoder("force")
    found = quantise(made.network, made.golden, search="ahead", max_error=0.002)
    assert max(found.seen.errors) > 0.002
    told = "AHEAD's search takes --max-error for enough, and does not keep to it"
    assert any(told in warning for warning in found.warnings)
    assert found.max_error == 0.002


def test_aheads_search_refuses_what_twenty_fraction_bits_do_not_hold():
    net = network((2, "linear"))
    layer = net.layers[0]
    net = net.with_layers((replace(layer, weights=layer.weights * 1e-8),))
    data = golden(net, Kind.REGRESSION)
    for segments in (None, 4):
        with pytest.raises(InputError, match="expected values that 20 fraction bits hold"):
            quantise(net, data, search="ahead", uniform_segments=segments)
    assert min(quantise(net, data).all.r2s) > 0.99


def test_few_samples_are_told():
    net = network((2, "linear"))
    data = golden(net, Kind.REGRESSION)
    few = data.select(np.arange(4))
    assert any("3 golden samples are searched on" in w for w in quantise(net, few).warnings)


def test_the_value_of_a_constant_output_that_is_lost_is_told():
    """Beside an output that varies by thousands, errors of 0.7 are small in their unit."""
    net = network((2, "linear"))
    (node,) = net.nodes
    weights = {"weights": node.weights["weights"] * [1e4, 0], "bias": np.array([0, 0.7])}
    net = replace(net, nodes=(replace(node, weights=weights),))
    found = quantise(net, golden(net, Kind.REGRESSION))
    assert found.seen.greatest_errors[1] == pytest.approx(0.7)
    (warning,) = (text for text in found.warnings if text.startswith("output 1"))
    assert warning.startswith(
        "output 1, which is 0.7 in all golden data that is searched on, comes out with an error "
        "of 0.7: its unit of errors is the standard deviation of the outputs that vary"
    )
