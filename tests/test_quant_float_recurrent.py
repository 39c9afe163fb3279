"""Layers over time steps in floating point equal fractions, and lose nothing of their states."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from build_decoder.models.carried import Carried
from build_decoder.models.errors import InputError
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.network import Input, Network, Node
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.gru import FloatGru
from build_decoder.quant.floating.lstm_cell import cell_range
from build_decoder.quant.floating.quantised import input_ranges
from build_decoder.sim.float_codes import float_frames
from build_decoder.sim.random_float_recurrent import (
    random_float_attention,
    random_float_gru,
    random_float_lstm,
)
from tests.floats import rounded, taken
from tests.sweeps import swept

FLUSHED = FloatFormat(4, 3, subnormals=False)
FORMATS = [FP16, BF16, FP32, FloatFormat(5, 2), FLUSHED, FloatFormat(2, 1)]


def formed(form, total: Fraction) -> Fraction:
    """What a form gives of a sum."""
    code = math.floor(total * 2**form.input.fraction + Fraction(1, 2))
    code = min(max(code, form.input.min_raw), form.input.max_raw)
    return Fraction(int(form.compute(np.array(code)))) / 2**form.output.fraction


def sums_of(cell, values: list[float], weights: np.ndarray, biases: np.ndarray) -> list[Fraction]:
    """Exact sums of values that are taken."""
    values = [Fraction(taken(value, cell.range)) for value in values]
    return [
        Fraction(bias) + sum(value * Fraction(w) for value, w in zip(values, row, strict=True))
        for row, bias in zip(
            cell.format.decode(weights).T.tolist(), cell.format.decode(biases).tolist(), strict=True
        )
    ]


def after_gru(cell, x: list[float], h: list[float]) -> tuple[list[float]]:
    """Output of each unit after a step, in fractions."""
    if any(map(math.isnan, [*x, *h])):
        return ([math.nan] * cell.units,)
    of_input = sums_of(cell, x, cell.weights, cell.biases[0])
    of_state = sums_of(cell, h, cell.recurrent, cell.biases[1])
    outputs = []
    for unit in range(cell.units):
        inputs, states = of_input[unit :: cell.units], of_state[unit :: cell.units]
        z, r = (formed(cell.gate, inputs[n] + states[n]) for n in range(2))
        g = formed(cell.candidate, inputs[2] + r * states[2])
        before = Fraction(taken(h[unit], cell.kept))
        outputs.append(rounded(g + z * (before - g), cell.format))
    return (outputs,)


def after_lstm(
    cell, x: list[float], h: list[float], kept: list[float]
) -> tuple[list[float], list[float]]:
    """Output and cell of each unit after a step, in fractions."""
    if any(map(math.isnan, [*x, *h])):
        return [math.nan] * cell.units, [math.nan] * cell.units
    both = np.concatenate([cell.weights, cell.recurrent])
    sums = sums_of(cell, [*x, *h], both, cell.biases)
    outputs, cells = [], []
    for unit in range(cell.units):
        i, f, g, o = sums[unit :: cell.units]
        i, f, o = (formed(cell.gate, each) for each in (i, f, o))
        exact = f * Fraction(taken(kept[unit], cell.kept)) + i * formed(cell.candidate, g)
        cells.append(rounded(exact, cell.format))
        outputs.append(rounded(o * formed(cell.squash, exact), cell.format))
    return outputs, cells


def run(layer, x: np.ndarray) -> np.ndarray:
    """Outputs of a frame of codes (steps, channels), in fractions."""
    cell, given = layer.cell, []
    after = after_gru if isinstance(layer, FloatGru) else after_lstm
    state = [[0.0] * cell.units for _ in cell.start(1)]
    rows = cell.format.decode(x).tolist()
    for row in reversed(rows) if layer.backward else rows:
        state = after(cell, row, *state)
        given.append(state[0])
    if not layer.sequences:
        return np.array(given[-1])
    return np.array(given[::-1] if layer.backward else given)


@pytest.mark.parametrize("number", swept(range(120), 8))
@pytest.mark.parametrize("draw", [random_float_lstm, random_float_gru], ids=["lstm", "gru"])
def test_outputs_over_time_equal_fractions(draw, number):
    rng = np.random.default_rng([1, number])
    format = FORMATS[(number + number // 8) % len(FORMATS)]
    shape = (int(rng.integers(1, 5)), int(rng.integers(1, 4)))
    layer = draw(rng, format, shape)
    x = float_frames(rng, format, layer.range.greatest, (12, math.prod(shape)))
    x = x.reshape(12, *shape)
    found = format.decode(layer.compute(x))
    for frame, got in zip(x, found, strict=True):
        exact = run(layer, frame)
        np.testing.assert_array_equal(got, exact)
        numbers = ~np.isnan(exact)
        np.testing.assert_array_equal(np.signbit(got)[numbers], np.signbit(exact)[numbers])


def attended(layer, x: list[list[float]]) -> list[float]:
    """Means of the steps of a sample, in fractions."""
    if np.isnan(x).any():
        return [math.nan] * layer.channels
    rows = [[Fraction(taken(value, layer.range)) for value in row] for row in x]
    weights = [Fraction(weight) for weight in layer.input.decode(layer.weights)[:, 0].tolist()]
    powers = [
        formed(layer.power, Fraction(bias) + sum(a * b for a, b in zip(row, weights, strict=True)))
        for row, bias in zip(rows, layer.input.decode(layer.biases)[:, 0].tolist(), strict=True)
    ]
    return [
        rounded(sum(p * x for p, x in zip(powers, column, strict=True)) / sum(powers), layer.output)
        for column in zip(*rows, strict=True)
    ]


@pytest.mark.parametrize("number", swept(range(120), 8))
def test_means_of_attention_equal_fractions(number):
    rng = np.random.default_rng([2, number])
    format = FORMATS[(number + number // 8) % len(FORMATS)]
    shape = (int(rng.integers(1, 7)), int(rng.integers(1, 5)))
    layer = random_float_attention(rng, format, shape)
    x = float_frames(rng, format, layer.range.greatest, (18, math.prod(shape)))
    x = x.reshape(18, *shape)
    found = format.decode(layer.compute(x))
    exact = np.array([attended(layer, frame.tolist()) for frame in format.decode(x)])
    np.testing.assert_array_equal(found, exact)
    numbers = ~np.isnan(exact)
    np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(exact)[numbers])


def network(cls, *, steps=6, units=4, sequences=False, positive=False) -> Network:
    """A cell over some steps, and a dense layer behind it, of random weights."""
    rng = np.random.default_rng(1)
    nodes = [("a", Attention() if cls is Attention else cls(units, sequences))]
    if not sequences:
        nodes.append(("b", Dense(3, "linear")))
    sources, shape, made = ["x", *(name for name, _ in nodes)], (steps, 3), []
    for source, (name, layer) in zip(sources, nodes, strict=False):
        weights = {
            key: rng.normal(size=size) for key, size in layer.weight_shapes((shape,)).items()
        }
        if positive:
            weights = {key: np.abs(values) for key, values in weights.items()}
        made.append(Node(name, (source,), layer, weights))
        shape = layer.output_shape((shape,))
    return Network("random", (Input("x", (steps, 3)),), tuple(made))


@pytest.mark.parametrize(
    ("format", "error"),
    [(FP16, 3e-3), (BF16, 3e-2), pytest.param(FP32, 1e-3, marks=pytest.mark.slow)], ids=str,
)
@pytest.mark.parametrize("cls", [Lstm, Gru, Attention], ids=["lstm", "gru", "attention"])
def test_a_network_is_near_its_floats(cls, format, error):
    net = network(cls)
    x = np.random.default_rng(2).normal(size=(200, 18))
    model = float_model(net, x, format)
    assert np.abs(model.predict(x) - net.forward(x)).max() < error * 4
    (states, dense) = input_ranges(model, net, x)
    (given,) = net.nodes[0].layer.output_shape(((6, 3),))
    assert (states["inputs"], dense["inputs"]) == (200 * 18, 200 * given)
    assert states["beyond"] == dense["beyond"] == 0


@pytest.mark.parametrize("format", [FP16, BF16, FP32, FLUSHED], ids=str)
def test_states_are_never_limited(format):
    """With gates at their ends, cells grow by one a step, as far as they can."""
    net = network(Lstm, steps=12, sequences=True, positive=True)
    x = np.random.default_rng(3).choice([-8.0, 8.0], (40, 12, 1)).repeat(3, axis=2)
    x[0] = 8.0
    x = x.reshape(40, 36)
    cell = float_model(net, x, format).layers[0].cell
    state, greatest = cell.start(40), 0.0
    codes = format.encode(x).reshape(40, 12, 3)
    for step in range(12):
        state = cell.compute(codes[:, step], state)
        h, kept = state
        assert not cell.range.beyond(h).any()
        assert (np.abs(format.decode(kept)) <= cell.kept.greatest).all()
        greatest = max(greatest, np.abs(format.decode(kept)).max())
    assert greatest > cell.kept.greatest * 0.7


def test_the_range_of_cells_is_that_of_the_steps():
    cell = float_model(network(Lstm), np.ones((1, 18)), FP16).layers[0].cell
    for steps, most in ((1, 1.0), (5, 5.0), (100, 100.0), (10**6, 2048.0)):
        code, least = cell_range(FP16, steps, cell.gate, cell.candidate)
        assert most * 0.999 <= FP16.decode(code) <= most
        assert least == -24
    code, least = cell_range(FP32, 3, cell.gate, cell.candidate)
    assert (int(FP32.decode(code)), least) == (2, -24)


@pytest.mark.parametrize("cls", [Lstm, Gru], ids=["lstm", "gru"])
def test_nan_lasts_from_its_step_to_the_end_of_the_sample(cls):
    layer = float_model(
        network(cls, sequences=True), np.random.default_rng(4).normal(size=(9, 18)), FP16
    ).layers[0]
    x = FP16.encode(np.random.default_rng(5).normal(size=(2, 6, 3)))
    clean = layer.compute(x)
    x[0, 2, 1] = FP16.nan
    found = layer.compute(x)
    assert (found[0, 2:] == FP16.nan).all()
    np.testing.assert_array_equal(found[0, :2], clean[0, :2])
    np.testing.assert_array_equal(found[1], clean[1])


def test_continuous_networks_are_refused():
    net = network(Gru, steps=1, sequences=True)
    (node,) = net.nodes
    net = replace(net, nodes=(replace(node, layer=Carried(node.layer)),))
    with pytest.raises(InputError, match="layer 'a': expected windows.*got a continuous network"):
        float_model(net, np.ones((1, 3)), FP16)


def test_weights_beyond_the_format_are_refused():
    net = network(Lstm)
    (node, *others) = net.nodes
    weights = dict(node.weights, recurrent=node.weights["recurrent"] * 1e6)
    net = replace(net, nodes=(replace(node, weights=weights), *others))
    with pytest.raises(InputError, match="layer 'a': expected recurrent weights that E5M10 holds"):
        float_model(net, np.ones((1, 18)), FP16)


@pytest.mark.parametrize("cls", [Lstm, Gru], ids=["lstm", "gru"])
def test_states_that_lose_bits_are_told(cls):
    """Of states that decay behind a first step, in the format whose numbers go further down."""
    net, cut = network(cls, steps=14), {}
    (node, *others) = net.nodes
    weights = {key: values * (key == "weights") for key, values in node.weights.items()}
    net = replace(net, nodes=(replace(node, weights=weights), *others))
    x = np.zeros((20, 14, 3))
    x[:, 0] = np.random.default_rng(6).normal(size=(20, 3))
    x = x.reshape(20, 42)
    for format in (FP16, BF16):
        model = float_model(net, x, format)
        found, _ = input_ranges(model, net, x)
        assert found["states"] == 20 * 13 * 4
        cut[format] = found["states_cut"]
        cell = model.layers[0].cell
        state, lost = cell.start(20), 0
        for step in range(13):
            state = cell.compute(model.quantise_input(x).reshape(20, 14, 3)[:, step], state)
            steps = np.abs(format.decode(state[-1])) * 2.0**-cell.kept.least
            lost += np.count_nonzero(steps % 1)
        assert cut[format] == lost
    assert cut[FP16] == 0 < cut[BF16]
