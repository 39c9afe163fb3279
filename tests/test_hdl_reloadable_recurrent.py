"""Reloadable decoders with states: images of layers, and weights that change as frames run."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.parts.weight_loader import Command, Error
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.recurrent.step_sums import sums_of
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder, decoder_of
from build_decoder.models import Architecture, Input, Node
from build_decoder.models.errors import InputError
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.rbf import Rbf
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.quant.switched import compute_switched
from tests.architectures import random_network
from tests.continuous import quantised
from tests.reload_rig import changes, run_reloads, telling_frames

LAYERS = {"lstm": Lstm(2, False), "gru": Gru(2, False), "attention": Attention()}
FOLDINGS = {
    "lstm": (Folding(1, 1), Folding(2, 3), Folding(1, 4), Folding(2, 8)),
    "gru": (Folding(1, 1), Folding(2, 5), Folding(1, 3), Folding(2, 6)),
    "attention": (Folding(1, 1), Folding(2, 1)),
}
CASES = [(kind, folding) for kind in LAYERS for folding in FOLDINGS[kind]]
SIMULATED = [("lstm", Folding(1, 4), 1), ("attention", Folding(1, 1), 1)]
SLOW = [(kind, folding, seed) for kind, folding in CASES for seed in (None, 2)]


@cache
def window(kind: str) -> IntegerModel:
    """A layer over two steps, and a dense one."""
    shape = (2, 2 if kind == "attention" else 1)
    nodes = (Node("c", ("x",), LAYERS[kind]), Node("y", ("c",), Dense(2, "linear")))
    network = random_network(Architecture(kind, (Input("x", shape),), nodes))
    x = np.random.default_rng(2).uniform(-1, 1, (32, 2 * shape[1]))
    return integer_model(network, analyse_ranges(network, x), headroom=2)


def drawn(model: IntegerModel, seed: int) -> IntegerModel:
    """The model with random weights, in any order within each sum, of either sign."""
    random = np.random.default_rng(seed)

    def other(array):
        raw = random.permuted(array.raw.reshape(-1, array.raw.shape[-1]), axis=0)
        return (raw // random.integers(1, 3, raw.shape)).reshape(array.raw.shape)

    nodes = [
        replace(node, layer=node.layer.with_arrays(
            {name: other(array) for name, array in node.layer.arrays.items()}
        ))
        for node in model.nodes
    ]
    return replace(model, name=f"other {seed}", nodes=tuple(nodes))


def plan_of(model: IntegerModel, folding: Folding, **choices) -> DecoderPlan:
    name = model.nodes[0].name
    return DecoderPlan.chosen(model, {name: {"folding": folding} | choices}, reloadable=True)


@pytest.mark.parametrize(("kind", "folding"), CASES)
def test_an_image_is_the_model_whose_image_it_is(kind, folding):
    images = plan_of(window(kind), folding).image_layout
    assert [(s.stage, s.role) for s in images.sections] == [
        ("c", "weight"), ("c", "bias"), ("y", "weight"), ("y", "bias")
    ]
    for seed in range(4):
        model = drawn(window(kind), seed)
        read = images.model(images.image(model))
        assert read.fingerprint() == model.fingerprint()
        for ours, theirs in zip(read.layers, model.layers, strict=True):
            for name, array in ours.arrays.items():
                np.testing.assert_array_equal(array.raw, theirs.arrays[name].raw)
                assert array.reach == theirs.arrays[name].reach


def test_layout_ids_tell_foldings_formats_and_room_apart():
    built = window("lstm")
    plans = [plan_of(built, folding) for folding in FOLDINGS["lstm"]]
    reach = built.nodes[0].layer.cell.recurrent.reach
    roomy = with_recurrent(built, reach=reach.times(4))
    plans += [plan_of(roomy, Folding(1, 1)), plan_of(window("gru"), Folding(1, 1))]
    assert len({plan.image_layout.layout_id for plan in plans}) == len(plans)
    same = plan_of(drawn(built, 1), Folding(1, 1))
    assert same.image_layout.layout_id == plans[0].image_layout.layout_id


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_sums_hold_any_weights_within_reach(kind):
    gates = {"lstm": 4, "gru": 3}[kind]
    built = sums_of(window(kind).nodes[0].layer.cell, gates)
    for seed in range(20):
        cell = drawn(window(kind), seed).nodes[0].layer.cell
        constant = replace(
            cell,
            weights=replace(cell.weights, reach=None),
            recurrent=replace(cell.recurrent, reach=None),
        )
        assert sums_of(cell, gates).exact == built.exact
        assert sums_of(constant, gates).exact.width <= built.exact.width


def with_recurrent(model: IntegerModel, **changed) -> IntegerModel:
    """The model with other weights of states in its first layer, or with another reach of them."""
    node = model.nodes[0]
    cell = node.layer.cell
    layer = replace(
        node.layer, cell=replace(cell, recurrent=replace(cell.recurrent, **changed))
    )
    return replace(model, nodes=(replace(node, layer=layer), *model.nodes[1:]))


def test_what_does_not_fit_is_told_by_its_sum():
    array = window("gru").nodes[0].layer.cell.recurrent
    tight = with_recurrent(
        window("gru"), reach=Reach.of(array.positive, array.negative)
    )
    raw = array.raw.copy()
    raw[:, 3] = array.format.max_raw
    other = with_recurrent(window("gru"), raw=raw)
    images = plan_of(tight, Folding(1, 1)).image_layout
    with pytest.raises(InputError, match="c, sum 3: recurrent: expected weights .* got"):
        images.image(other)


def test_constants_are_refused_where_weights_must_be_written():
    model, _ = quantised("gru")
    layer = model.nodes[0].layer
    plan = plan_type(layer).chosen(layer, [model.inputs[0].shape])
    with pytest.raises(ValueError, match="expected weights with room for others"):
        plan.reloadable_too()


def test_types_without_memories_are_refused():
    nodes = (Node("c", ("x",), Rbf(3)), Node("y", ("c",), Dense(2, "linear")))
    network = random_network(Architecture("rbf", (Input("x", (2,)),), nodes))
    x = np.random.default_rng(2).uniform(-1, 1, (32, 2))
    formats = {
        key: QFormat(found.integer, 8 - found.integer, found.signed)
        for key, found in analyse_ranges(network, x).items()
    }
    model = integer_model(network, formats, headroom=2)
    with pytest.raises(ValueError, match="c: expected a layer whose weights can be written .* rbf"):
        DecoderPlan.chosen(model, {}, reloadable=True)


def script_of(decoder, image):
    """What loads an image and takes it back, with frames between."""

    async def script(host):
        await host.wait(decoder.latency_cycles)
        await host.loaded(image)
        await host.wait(2 * decoder.latency_cycles)
        assert await host.command(Command.VERIFY) is Error.NONE
        await host.wait(decoder.latency_cycles)
        assert await host.command(Command.ROLLBACK) is Error.NONE

    return script


@pytest.mark.parametrize(
    ("kind", "folding", "seed"),
    [*SIMULATED, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)],
)
def test_windows_are_each_of_old_weights_or_of_new_ones(kind, folding, seed):
    built = window(kind)
    new = with_other_weights(built)
    decoder = ReloadableDecoder(plan_of(built, folding))
    x_raw = telling_frames(np.random.default_rng(0), [built, new], 7)
    script = script_of(decoder, decoder.images.image(new))
    y_raw = run_reloads(decoder, x_raw, script, seed=seed)
    assert len(changes(y_raw, x_raw, [built, new, built])) == 2


def switched(y_raw, x_raw, models) -> list[tuple[int, int]]:
    """Numbers of the first step of the new weights, and of the old ones again, that give these
    outputs."""
    steps = x_raw[np.arange(len(y_raw)) % len(x_raw)]
    numbers = np.arange(len(y_raw))
    return [
        (start, end)
        for start in range(1, len(y_raw))
        for end in range(start + 1, len(y_raw))
        if np.array_equal(
            compute_switched(models, ((numbers >= start) & (numbers < end)).astype(int), steps),
            y_raw,
        )
    ]


@pytest.mark.parametrize(
    ("kind", "folding", "seed"),
    [
        ("gru", Folding(4, 3), 1),
        *(
            pytest.param(kind, folding, seed, marks=pytest.mark.slow)
            for kind, folding in [
                ("gru", Folding(1, 1)), ("gru", Folding(4, 9)), ("lstm", Folding(1, 1)),
                ("lstm", Folding(2, 5)), ("two", Folding(2, 3)), ("esn", Folding(1, 1)),
            ]
            for seed in (None, 2)
        ),
    ],
)
def test_states_stay_while_weights_change(kind, folding, seed):
    built, x_raw = quantised(kind, count=9, headroom=2)
    new = with_other_weights(built)
    decoder = decoder_of(plan_of(built, folding))
    assert isinstance(decoder, ReloadableDecoder)
    script = script_of(decoder, decoder.images.image(new))
    y_raw = run_reloads(decoder, x_raw, script, seed=seed)
    assert len(switched(y_raw, x_raw, (built, new))) == 1


@pytest.mark.parametrize("folding", [Folding(1, 1), Folding(2, 5), Folding(4, 9)])
@pytest.mark.parametrize("kind", ["gru", "lstm", "two"])
def test_documented_times_are_those_of_constant_weights(kind, folding):
    """But a later step takes as long as the first one."""
    model, _ = quantised(kind, headroom=2)
    choices = {
        node.name: {"folding": folding} for node in model.nodes if hasattr(node.layer, "cell")
    }
    constant = DecoderPlan.chosen(model, choices)
    written = DecoderPlan.chosen(model, choices, reloadable=True)
    assert written.latency_cycles == constant.latency_cycles
    assert written.frame_cycles == constant.frame_cycles


def test_a_reservoir_is_built_in():
    built, _ = quantised("esn", headroom=2)
    images = plan_of(built, Folding(1, 1)).image_layout
    assert [section.stage for section in images.sections] == ["l2", "l2"]
    node = built.nodes[0]
    moved = np.roll(node.layer.cell.recurrent.raw, 1, axis=0)
    layer = node.layer.with_arrays(
        {name: array.raw for name, array in node.layer.arrays.items()} | {"recurrent": moved}
    )
    other = replace(built, nodes=(replace(node, layer=layer), *built.nodes[1:]))
    with pytest.raises(InputError, match="l0: expected the constants that were built, got others"):
        images.image(other)
