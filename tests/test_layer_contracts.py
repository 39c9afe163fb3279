"""What every type of layer keeps to, whichever types there are.

Types are found by looking into `models.layers`, `quant.layers` and `hdl.layers`; what a test needs
to know of one stands in its module of `tests.layers`. A type without that module fails here.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_decoder.bench.layer_pages import page
from build_decoder.hdl import layers as hardware_layers
from build_decoder.model_file import load_model, save_model
from build_decoder.models import (
    Architecture,
    Input,
    Network,
    Node,
    activations,
    layers,
    load_network,
    save_network,
)
from build_decoder.models.activation import Activation
from build_decoder.models.layer import Layer
from build_decoder.models.rewrites import rewrite
from build_decoder.models.walk import Walk
from build_decoder.parameter_file import from_json, to_json
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.activations.forms import searched_forms
from build_decoder.quant.formats import integer_model
from build_decoder.quant.layer import EVERY_OUTPUT, Parts
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from tests import random_layers
from tests.architectures import random_inputs, random_network
from tests.layer_cases import (
    assert_equals_oracle,
    carries_states,
    float_case,
    has_weights,
    parts_of,
    raw_inputs,
    run_steps,
)
from tests.layers import examples

ROOT = Path(__file__).parents[1]
IN_FLOATS = layers.names()
IN_INTEGERS = integer_layers.names()
IN_HARDWARE = hardware_layers.names()

of_every_type = pytest.mark.parametrize("kind", IN_FLOATS)
of_every_integer_type = pytest.mark.parametrize("kind", IN_INTEGERS)


# Names


def test_types_are_found():
    assert set(IN_FLOATS) >= {
        "add", "affine", "attention", "average_pool", "bidirectional", "concat", "conv2d", "dense",
        "dropout", "flatten", "global_average_pool", "gru", "lstm", "max_pool", "softmax",
    }
    assert set(IN_HARDWARE) >= {"concat", "dense", "flatten"}


def test_a_type_has_the_name_of_its_file_on_every_floor():
    for package, names in ((layers, IN_FLOATS), (integer_layers, IN_INTEGERS)):
        (folder,) = package.__path__
        assert {path.stem for path in Path(folder).glob("*.py")} == {*names, "__init__"}
    (folder,) = hardware_layers.__path__
    assert {path.parent.name for path in Path(folder).glob("*/plan.py")} == {*IN_HARDWARE}
    of_tests = {path.stem for path in (ROOT / "tests" / "layers").glob("*.py")} - {"__init__"}
    assert of_tests <= {*IN_FLOATS}
    assert {*IN_INTEGERS} <= {*IN_FLOATS}


def test_a_type_without_its_module_of_tests_fails():
    says = r"tests/layers/nothing\.py: expected EXAMPLES \(docs/.*\.md\), got no such file"
    with pytest.raises(pytest.fail.Exception, match=says):
        examples("nothing")


@pytest.mark.parametrize("kind", IN_HARDWARE)
def test_hardware_is_of_an_integer_type_and_has_a_plan_and_a_component(kind):
    assert kind in IN_INTEGERS
    plan = hardware_layers.get(kind)
    assert plan.name == kind
    component = (ROOT / "hdl" / "layers" / kind / "component.py").exists()
    assert component is not plan.wires


# Floats


def networks(kind: str) -> Iterator[tuple[Network, Layer, tuple]]:
    """For each example of the type, a network of it, itself and the shapes of its inputs."""
    for layer, shapes in examples(kind):
        names = tuple(f"x{number}" for number in range(len(shapes)))
        inputs = tuple(Input(name, shape) for name, shape in zip(names, shapes, strict=True))
        nodes = (Node("y", names, layer),)
        yield random_network(Architecture("example", inputs, nodes)), layer, shapes


@of_every_type
def test_it_gives_what_it_says(kind):
    for network, layer, shapes in networks(kind):
        assert type(layer) is layers.get(kind).layer
        x = random_inputs(network)
        y = network.values(x)["y"]
        assert y.shape == (3, *layer.output_shape(shapes))
        assert y.dtype == np.float64
        # A sample's outputs are its own, whatever stands beside it.
        one = {key: array[1:2] for key, array in x.items()}
        np.testing.assert_allclose(network.forward(one), network.forward(x)[1:2], rtol=1e-12)
        none = {key: array[:0] for key, array in x.items()}
        assert network.forward(none).shape == (0, network.output_count)
        assert network.output_activation in ("softmax", *activations.names())


@of_every_type
def test_it_takes_float32_as_well(kind):
    """Which tells how far such a run is off."""
    for network, layer, _ in networks(kind):
        single = {key: array.astype(np.float32) for key, array in network.nodes[0].weights.items()}
        x = [array.astype(np.float32) for array in random_inputs(network).values()]
        wanted = network.values(random_inputs(network))["y"]
        np.testing.assert_allclose(layer.forward(x, single), wanted, rtol=0, atol=1e-5)


@of_every_type
def test_no_field_is_called_like_an_array(kind):
    """They stand beside one another in network.json."""
    for _, layer, shapes in networks(kind):
        fields = {field.name for field in dataclass_fields(layer)} | {"name", "inputs", "type"}
        assert fields.isdisjoint(layer.weight_shapes(shapes))


@of_every_type
def test_network_json_is_read_as_it_was_written(kind, tmp_path: Path):
    for number, (network, layer, _) in enumerate(networks(kind)):
        folder = tmp_path / str(number)
        save_network(network, folder)
        description = json.loads((folder / "network.json").read_text())
        assert description["layers"][0]["type"] == kind
        again = load_network(folder)
        assert again.inputs == network.inputs
        assert again.nodes[0].layer == layer
        assert list(again.nodes[0].weights) == list(network.nodes[0].weights)
        for key, array in network.nodes[0].weights.items():
            np.testing.assert_array_equal(again.nodes[0].weights[key], array)
        x = random_inputs(network)
        np.testing.assert_array_equal(again.forward(x), network.forward(x))


@of_every_type
def test_its_page_is_what_the_code_says(kind):
    written = ROOT / "docs" / "layers" / f"{kind}.md"
    assert written.exists(), "run python -m build_decoder.bench.layer_pages"
    assert written.read_text() == page(kind), "run python -m build_decoder.bench.layer_pages"


def test_there_is_no_page_of_another_type():
    assert {path.stem for path in (ROOT / "docs" / "layers").iterdir()} == {*IN_FLOATS}


# Integers


@of_every_type
def test_it_has_an_integer_form_or_a_rewrite_into_types_that_have(kind):
    """Whoever adds a type brings one or the other."""
    for network, _, _ in networks(kind):
        rewritten = rewrite(network, probabilities=True).network
        types = {layers.type_of(node.layer).name for node in rewritten.nodes}
        assert types <= {*IN_INTEGERS}


@of_every_type
def test_model_json_is_read_as_it_was_written(kind, tmp_path: Path):
    """Of each example, quantised in formats of at most 10 bits. Its inputs are parts of one."""
    for number, (layer, shapes) in enumerate(examples(kind)):
        sizes = [math.prod(shape) for shape in shapes]
        parts = [
            Input(f"x{place}", shape, of="x", walk=Walk(((size, 1),), start=sum(sizes[:place])))
            for place, (shape, size) in enumerate(zip(shapes, sizes, strict=True))
        ]
        node = Node("y", tuple(part.name for part in parts), layer)
        inputs = (Input("x", (sum(sizes),)), *parts)
        network = random_network(Architecture("example", inputs, (node,)))
        rewritten = rewrite(network, probabilities=True).network
        x = random_inputs(network, 20)["x"]
        formats = {
            key: QFormat(ours.integer, max(10, 1 + ours.integer) - ours.integer, ours.signed)
            for key, ours in analyse_ranges(rewritten, x).items()
        }
        model = integer_model(rewritten, formats)
        folder = tmp_path / str(number)
        folder.mkdir()
        save_model(model, folder)
        again = load_model(folder)
        assert repr(again) == repr(model)
        assert again.fingerprint() == model.fingerprint()
        raw = model.quantise_input(x)
        np.testing.assert_array_equal(again.compute(raw), model.compute(raw))


@of_every_integer_type
def test_its_parameters_are_read_as_they_were_written(kind):
    for number in range(20):
        case = random_layers.layer(kind, number)
        written = integer_layers.get(kind).integer(parts_of(case))
        arrays = {}
        text = json.dumps(to_json(written, "layer", arrays))
        read = from_json(json.loads(text), arrays, Path("model.json"), "layer")
        assert type(read) is type(written)
        assert read.digest() == written.digest()
        assert repr(read) == repr(written)
        assert read.signals == written.signals
        raw = raw_inputs(case)
        np.testing.assert_array_equal(read.compute(*raw), written.compute(*raw))


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
@of_every_integer_type
def test_integers_equal_the_oracle(kind, count):
    for number in range(count):
        assert_equals_oracle(random_layers.layer(kind, number), f"{kind} {number}")


@of_every_integer_type
def test_steps_of_a_search_are_the_layer(kind):
    quantiser = integer_layers.get(kind)
    for number in range(40):
        case = random_layers.layer(kind, number)
        parts = parts_of(case)
        integer = quantiser.integer(parts)
        expected = integer.compute(*raw_inputs(case))
        assert expected.dtype == np.int64
        assert expected.shape[1:] == integer.output_shape
        assert integer.output == quantiser.output(parts.layer, parts.inputs, parts.formats)
        assert integer.inputs == parts.inputs
        for kind_of_number in (np.int64, np.float64):
            inputs = [raw.astype(kind_of_number) for raw in raw_inputs(case)]
            before = [raw.copy() for raw in inputs]
            np.testing.assert_array_equal(run_steps(quantiser, parts, inputs), expected)
            for raw, old in zip(inputs, before, strict=True):
                np.testing.assert_array_equal(raw, old)  # other layers take them as well


@of_every_integer_type
def test_steps_depend_on_nothing_but_their_roles(kind):
    """What a step makes, and those before it, uses no other format: it is remembered by them."""
    quantiser = integer_layers.get(kind)
    parts = parts_of(random_layers.layer(kind, 1))
    known = set()
    for step in quantiser.steps:
        known |= set(step.roles)
        formats = {role: format for role, format in parts.formats.items() if role in known}
        step.make(replace(parts, formats=formats))
    assert known == set(parts.formats)


@of_every_integer_type
def test_signals_are_the_roles(kind):
    quantiser = integer_layers.get(kind)
    for number in range(10):
        case = random_layers.layer(kind, number)
        parts = parts_of(case)
        integer = quantiser.integer(parts)
        roles = [role.name for role in quantiser.roles(parts.layer)]
        formats = dict(parts.formats)
        words = {quantiser.arrays[name]: raw.size for name, raw in case.nodes[0].weights.items()}
        if has_weights(kind):
            assert integer.signals[0].role == "input"
            formats["input"] = parts.inputs[0]
            words["input"] = int(np.prod(parts.shapes[0]))
            roles.insert(0, "input")
        if not carries_states(kind):
            words["output"] = integer.output_count
        assert [signal.role for signal in integer.signals] == roles
        for signal in integer.signals:
            assert signal.words == words.get(signal.role, signal.words)
            if signal.role == "accumulator":  # which has no bits that products do not have
                assert signal.format.fraction <= formats[signal.role].fraction
            else:
                assert signal.format == formats[signal.role]


@of_every_integer_type
def test_observed_values_lead_to_the_output_of_the_layer(kind):
    quantiser = integer_layers.get(kind)
    for seed in range(8):
        layer, inputs, weights = float_case(kind, seed)
        held = dict(quantiser.observed(layer, inputs, weights))
        expected = layer.forward(inputs, weights)
        np.testing.assert_allclose(held["output"], expected, rtol=1e-12, atol=1e-12)
        roles = quantiser.roles(layer)
        assert {*held} == {role.name for role in roles} | {"output"} | (
            {EVERY_OUTPUT} if carries_states(kind) else set()
        )
        for name, role in quantiser.arrays.items():
            assert held[role] is weights[name]
        for activation in quantiser.activations(layer):
            function = activation.activation
            if not isinstance(function, Activation):
                function = activations.get(function)
            if activation.input in held and activation.output not in ("gate", "candidate"):
                np.testing.assert_allclose(
                    held[activation.output], function.function(held[activation.input])
                )
        for role in roles:
            if role.signed is False:
                assert held[role.name].min() >= 0


def wide(kind: str, quantiser, layer, inputs, weights):
    """Parts in formats of 40 bits, and raw inputs in one."""
    format = QFormat(8, 32)
    formats = {
        role.name: QFormat(8, 32, signed=role.signed is not False)
        for role in quantiser.roles(layer)
    }
    return Parts(
        layer,
        [x.shape[1:] for x in inputs],
        (format,) * len(inputs),
        formats,
        lambda name: RawArray.of(weights[name], formats[quantiser.arrays[name]]),
        searched_forms(),
    ), [format.quantise(x).astype(np.float64) for x in inputs]


@of_every_integer_type
def test_searches_may_try_formats_wider_than_any_that_is_built(kind):
    """They are then as good as real numbers; to build one is refused in one sentence."""
    quantiser = integer_layers.get(kind)
    for seed in range(5):
        layer, inputs, weights = float_case(kind, seed)
        parts, raw = wide(kind, quantiser, layer, inputs, weights)
        got = run_steps(quantiser, parts, raw)
        output = quantiser.output(layer, parts.inputs, parts.formats)
        np.testing.assert_allclose(
            output.to_real(got), layer.forward(inputs, weights), atol=1e-7, rtol=1e-7
        )
        if has_weights(kind):
            with pytest.raises(ValueError, match=r"^\w+: expected .* of at most 48 bits, got \d+$"):
                quantiser.integer(parts)
