import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import load_network, save_network
from build_decoder.models.nerve_cuff import (
    TABLE_1,
    EscapeFcn,
    EscapeNet,
    EscapeRnn,
    NerveCuff,
    exploration,
)
from build_decoder.models.nerve_cuff.resources import main
from build_decoder.models.resources import resources
from tests.architectures import random_network
from tests.sweeps import swept
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

REFERENCE = Path(__file__).parents[2] / "shared" / "reference" / "escape_exploration.csv"
MACS = {
    "escape_net": 263_783_936,
    "escape_net_mini": 3_643_408,
    "escape_fcn": 41_428_800,
    "escape_rnn": 1_952_560,
}


def architecture(name: str):
    return TABLE_1[name].network.architecture(name)


def distinct():
    """Each network of the exploration once, with the number of its first row."""
    first = {}
    for number, variant in enumerate(exploration(), 1):
        first.setdefault(variant.network, number)
    return first


@pytest.mark.parametrize("name", TABLE_1)
def test_table_1(name: str):
    paper = TABLE_1[name]
    need = resources(architecture(name))
    assert need.weights == paper.weights
    assert need.profiled_flops == paper.flops
    assert need.macs == MACS[name]


def test_rnn_flops_are_those_of_all_steps():
    network = architecture("escape_rnn")
    assert resources(network).flops == 3_982_522
    costs = {node.name: node.layer.cost(network.input_shapes(node)) for node in network.nodes}
    profiled = {name: cost.profiled_flops for name, cost in costs.items()}
    assert profiled["lstm1"] == 22_912 + 4
    assert profiled["lstm2"] == 16_768 + 4
    assert profiled["attention"] == 6_968
    assert profiled["dense"] + profiled["classes"] + profiled["softmax"] == 1_154
    assert sum(profiled.values()) == 47_810
    assert costs["lstm1"].flops == 100 * 22_912
    assert costs["lstm2"].flops == 100 * 16_768
    assert costs["attention"].flops == 6_968 + 6_400
    others = [name for name in costs if not name.startswith("lstm") and name != "attention"]
    assert all(costs[name].flops == profiled[name] for name in others)


def test_peak_activations():
    peaks = {name: resources(architecture(name)).peak_values for name in TABLE_1}
    assert peaks == {
        # The first branch's end, the second's first convolution and its pool.
        "escape_net": 14 * 25 * 64 + 56 * 100 * 64 + 28 * 50 * 64,
        # Temporal input, first convolution, pool.
        "escape_net_mini": 5600 + 56 * 100 * 4 + 28 * 50 * 4,
        # The first branch's end, the second's first two convolutions.
        "escape_fcn": 28 * 50 * 16 + 2 * 56 * 100 * 16,
        # Input, output and states of the first LSTM.
        "escape_rnn": 100 * 56 + 100 * 32 + 2 * 32,
    }


def test_exploration_in_all():
    variants = exploration()
    assert len(variants) == 72
    assert len(distinct()) == 56
    needs = [resources(variant.network.architecture("x")) for variant in variants]
    assert sum(need.weights for need in needs) == 35_594_572
    assert sum(need.macs for need in needs) == 4_020_906_846
    assert {paper.network for paper in TABLE_1.values()} <= set(distinct())


def config(network) -> str:
    """A network as the reference table names it."""
    if isinstance(network, EscapeNet):
        return (
            f"conv {network.filters}, dense {network.dense} (really {2 * network.dense}), "
            f"{len(network.kernels)} conv layers {'/'.join(map(str, network.kernels))}, "
            f"dropout {network.dropout:g}"
        )
    if isinstance(network, EscapeFcn):
        return (
            f"base {network.filters}, 1x1 {network.pointwise}, {network.sets} sets, "
            f"multiplier {network.multiplier}"
        )
    return (
        f"units {network.units}, dense {network.dense}, {network.layers} layers "
        f"{'Bi' * network.bidirectional}{network.cell.upper()}"
        f"{' (last = attention)' * network.attention}"
    )


def reference_rows():
    if not REFERENCE.is_file():
        pytest.skip("the reference table escape_exploration.csv is not beside the project")
    with REFERENCE.open(newline="") as file:
        return list(csv.DictReader(file))


def test_exploration_is_that_of_the_reference():
    seen = set()
    for row, variant in zip(reference_rows(), exploration(), strict=True):
        assert (variant.family, variant.stage) == (row["net"], row["stage"])
        assert config(variant.network) == row["config"]
        need = resources(variant.network.architecture("x"))
        assert need.weights == int(row["weights"]), row
        assert need.macs == int(row["macs"]), row
        if row["profiler_flops"]:
            assert need.flops == need.profiled_flops == int(row["profiler_flops"]), row
        assert (variant.network in seen) == (row["duplicate_of_earlier"] == "dup"), row
        seen.add(variant.network)


def test_every_variant_round_trips_through_its_files(tmp_path: Path):
    for network, number in distinct().items():
        built = network.architecture(f"row{number}")
        if resources(built).weights > 200_000:  # of the same layers as smaller ones
            continue
        save_network(random_network(built), tmp_path)
        again = load_network(tmp_path)
        assert (again.name, again.inputs) == (built.name, built.inputs)
        for one, other in zip(again.nodes, built.nodes, strict=True):
            assert (one.name, one.inputs, one.layer) == (other.name, other.inputs, other.layer)


def test_dropout_is_in_the_description_and_costs_nothing():
    plain, dropped = (EscapeNet(4, 8, dropout=rate).architecture("x") for rate in (0.0, 0.5))
    assert len(dropped.nodes) == len(plain.nodes) + 1
    assert resources(plain) == resources(dropped)


def test_other_cuffs():
    cuff = NerveCuff(rings=3, contacts=4, samples=20, classes=5)
    for network in (EscapeNet(2, 2, cuff=cuff), EscapeFcn(2, 2, cuff=cuff)):
        built = network.architecture("x")
        assert [item.shape for item in built.inputs] == [(12, 20, 1)] * 2
        assert built.output_shape == (5,)
    built = EscapeRnn(2, 2, cuff=cuff).architecture("x")
    assert [item.shape for item in built.inputs] == [(20, 12)]
    assert built.output_shape == (5,)


def test_temporal_order():
    cuff = NerveCuff()
    order = cuff.temporal_order()
    assert sorted(order) == list(range(56))
    for ring in range(7):
        for contact in range(8):
            assert order[contact * 7 + ring] == ring * 8 + contact
    spatial = np.arange(5600).reshape(1, 56, 100)
    walked = cuff.temporal_walk().of(spatial).reshape(1, 56, 100)
    np.testing.assert_array_equal(walked, spatial[:, order])


def test_two_branches_take_one_signature_in_two_orders():
    network = random_network(EscapeNet(2, 2, (4, 2), cuff=NerveCuff(2, 3, 8)).architecture("x"))
    assert network.input_count == 6 * 8
    spatial = np.random.default_rng(0).normal(size=(3, 6, 8, 1))
    values = network.values(spatial)
    order = NerveCuff(2, 3, 8).temporal_order()
    np.testing.assert_array_equal(values["temporal"], spatial[:, order])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NerveCuff(rings=0), "at least 1 ring, contact and sample and 2 classes, got 0, 8"),
        (lambda: NerveCuff(classes=1), "got 7, 8, 100 and 1"),
        (lambda: EscapeNet(0, 8).architecture("x"), "expected at least 1 filter, got 0"),
        (lambda: EscapeNet(4, 8, dropout=1.5).architecture("x"), "expected a rate.*got 1.5"),
        (lambda: EscapeNet(4, 8, kernels=()), "expected at least one convolution, got none"),
        (lambda: EscapeFcn(4, 4, sets=1), "at least 2 sets and a multiplier.*got 1 and 2"),
        (lambda: EscapeFcn(4, 4, multiplier=0), "got 3 and 0"),
        (lambda: EscapeRnn(4, 4, cell="rnn"), "expected a cell of gru, lstm, got 'rnn'"),
        (lambda: EscapeRnn(4, 4, layers=0), "at least one recurrent layer, got 0 layers"),
        (lambda: EscapeRnn(4, 4, layers=1, attention=True), "got 1 layers"),
    ],
)
def test_malformed(make, message: str):
    with pytest.raises(ValueError, match=message):
        make()


def test_command_line(capsys):
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["weights", "23,112,067", "12,931", "15,075", "20,423"]
    assert any("3,982,522" in line for line in lines)
    assert any("47,810" in line for line in lines)


def test_command_line_without_tensorflow(capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert main(["--measure"]) == 2
    captured = capsys.readouterr()
    assert "23,112,067" in captured.out
    assert "expected TensorFlow (pip install build_decoder[train])" in captured.err


@needs_tensorflow
@pytest.mark.parametrize("name", ["escape_net_mini", "escape_fcn", "escape_rnn"])
def test_forward_equals_keras(name: str):
    import_keras()
    from build_decoder.models.keras_model import build_model, trained_network

    network = architecture(name)
    model = build_model(network)
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.2, array.shape) for array in model.get_weights()])
    trained = trained_network(network, model)
    # Samples of different amplitude, so that the outputs differ as well.
    first = network.inputs[0].shape
    x = np.reshape([0.1, 1, 3, 10], (4, *[1] * len(first))) * rng.uniform(-1, 1, (4, *first))
    values = trained.values(x)
    inputs = [values[item.name] for item in network.inputs]
    expected = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    actual = trained.forward(x)
    assert np.ptp(expected, axis=0).max() > 2e-3  # the inputs tell, a hundred times the tolerance
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5)


@needs_tensorflow
@pytest.mark.parametrize("name", swept(["escape_net_mini", "escape_net", "escape_fcn"], 3))
def test_profiler_counts_what_the_formula_says(name: str):
    import_keras()
    from build_decoder.models.measure import profiled_flops

    assert profiled_flops(architecture(name)) == TABLE_1[name].flops


@needs_tensorflow
def test_profiler_sees_one_step_of_a_recurrent_network():
    import_keras()
    from build_decoder.models.measure import profiled_flops

    # How much of the loop's body has known shapes depends on the version of TensorFlow.
    need = resources(architecture("escape_rnn"))
    assert profiled_flops(architecture("escape_rnn")) < need.flops / 50


@needs_tensorflow
@pytest.mark.parametrize(
    ("name", "bits", "kib"),
    [
        ("escape_net_mini", 32, 57.65), ("escape_net_mini", 8, 22.69),
        ("escape_fcn", 32, 65.70), ("escape_fcn", 8, 27.32),
    ],
)
def test_tflite_size_is_near_the_papers(name: str, bits: int, kib: float):
    import_keras()
    from build_decoder.models.measure import tflite_bytes

    # The converter's version decides on names, tensor descriptions and padding.
    assert tflite_bytes(architecture(name), weight_bits=bits) / 1024 == pytest.approx(kib, rel=0.15)


@pytest.mark.slow
@needs_tensorflow
def test_tflite_size_of_a_recurrent_network():
    import_keras()
    from build_decoder.models.measure import tflite_bytes

    network = architecture("escape_rnn")
    for bits, kib in ((32, 113.05), (8, 58.11)):
        for batch_size in (None, 1):
            size = tflite_bytes(network, weight_bits=bits, batch_size=batch_size)
            assert size / 1024 == pytest.approx(kib, rel=0.25)
    with pytest.raises(ValueError, match="expected weights of 8 or 32 bits, got 16"):
        tflite_bytes(network, weight_bits=16)


@pytest.mark.slow
@needs_tensorflow
def test_keras_counts_the_weights_of_every_variant():
    keras = import_keras()
    from build_decoder.models.keras_model import build_model

    for network, number in distinct().items():
        built = network.architecture(f"row{number}")
        assert build_model(built).count_params() == resources(built).weights, number
        keras.backend.clear_session()


@pytest.mark.slow
@needs_tensorflow
def test_profiler_counts_every_network_without_recurrence():
    keras = import_keras()
    from build_decoder.models.measure import profiled_flops

    for network, number in distinct().items():
        if not isinstance(network, EscapeRnn):
            built = network.architecture(f"row{number}")
            assert profiled_flops(built) == resources(built).flops, number
            keras.backend.clear_session()
