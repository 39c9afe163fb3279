"""LSTMs and GRUs in hardware: foldings, times, both directions, networks."""

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest

from build_decoder.actions import foldings_of
from build_decoder.bench.resources import measure
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.esn.plan import EsnPlan
from build_decoder.hdl.layers.gru.plan import GruPlan
from build_decoder.hdl.layers.lstm.plan import LstmPlan
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.fits import fits_select
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models import Architecture, Input, Network, Node
from build_decoder.models.errors import InputError
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.esn import Esn
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.rewrites import rewrite
from build_decoder.options import HardwareOptions
from build_decoder.quant.alike import alike_nodes
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.operations.union import union
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.fuzz import check_network
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_recurrent import RECURRENT
from build_decoder.sim.synthesis import TARGETS
from tests.architectures import random_network
from tests.fuzzed import check_decoder
from tests.stage_rig import check_control, component, run
from tests.sweeps import swept

KINDS = {
    "lstm": (Lstm, LstmPlan), "gru": (Gru, GruPlan), "esn": (partial(Esn, leak_bits=2), EsnPlan),
}
FRAMES = 5
SEEDS = (3, 11)


def in_a_row(*layers, shape) -> Network:
    """Layers in a row with random weights."""
    nodes = tuple(
        Node(f"l{n}", (f"l{n - 1}" if n else "x",), layer) for n, layer in enumerate(layers)
    )
    network = random_network(Architecture("recurrent", (Input("x", shape),), nodes))
    return rewrite(network, probabilities=False).network


def quantised(
    *layers, shape=(4, 3), bits: int = 7, alike: bool = False
) -> tuple[IntegerModel, np.ndarray]:
    """Layers in a row with random weights, and windows for them: a loud one, a quiet one, ...; if
    ``alike``, in formats with which one cell may serve several layers."""
    network = in_a_row(*layers, shape=shape)
    x = np.random.default_rng(1).uniform(-1, 1, (20, *shape))
    formats = {
        key: QFormat(found.integer, max(bits, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(network, x).items()
    }
    if alike:
        formats = {
            key: union([formats[key] for key in keys])
            for key, keys in alike_nodes(network).items()
        }
    model = integer_model(network, formats)
    x[0], x[1] = np.sign(x[0]), x[1] / 64
    return model, model.quantise_input(x[:FRAMES].reshape(FRAMES, -1))


@cache
def layer(kind: str, sequences: bool, backward: bool, units: int = 3, shape=(4, 3)):
    model, x = quantised(KINDS[kind][0](units, sequences, backward), shape=shape)
    return model.layers[0], x


def check(plan, x: np.ndarray, *, seed: int | None = None) -> None:
    """Windows back to back, or stalled on both sides, give what the layer computes."""
    frames = x.reshape(len(x), *plan.inputs[0].shape)
    expected = plan.layer.compute(frames).reshape(len(x), -1)
    deadline = 100 + 4 * plan.times.interval
    (got,), taken, (cycles,) = run(component(plan), [x], seed=seed, deadline=deadline)
    np.testing.assert_array_equal(got, expected, err_msg=str(plan.folding))
    if seed is None:
        ends = np.array(cycles[plan.output.beats - 1 :: plan.output.beats])
        assert ends[0] - taken[0][0] == plan.times.latency
        assert np.diff(ends).max() == plan.times.interval


@pytest.mark.parametrize("other_half", swept([False, True], 2))
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_windows_back_to_back_and_with_stalls(kind, sequences, backward, other_half):
    cell, x = layer(kind, sequences, backward)
    gates = KINDS[kind][1].gates
    foldings = (Folding(1, 1), Folding(1, gates), Folding(2, 5), Folding(3, 3 * gates))
    for number in ((0, 3), (1, 2))[sequences ^ backward ^ other_half]:
        plan = KINDS[kind][1](cell, foldings[number])
        check(plan, x, seed=None if number % 2 else 4)
        check_control(component(plan), (0.8, 0.6), cycles=2 * plan.times.latency)


@pytest.mark.parametrize("backward", swept([False, True], 2))
@pytest.mark.parametrize("kind", swept(["lstm", "gru"], 2))
def test_products_of_a_unit_are_made_bit_by_bit_where_nothing_waits(kind, backward):
    cls, plan_class = KINDS[kind]
    for bits, wide in ((3, 5), (6, 2)):
        model, x = quantised(cls(3, True, backward), shape=(3, 26), bits=bits)
        plans = [plan_class(model.layers[0], Folding(1, n)) for n in (1, wide, 3 * 4)]
        assert [plan.bitwise for plan in plans] == [True, True, False]
        for plan in filter(lambda each: each.bitwise, plans):
            check(plan, x, seed=None if bits == 3 else 3)
        check_control(component(plans[0]), (0.8, 0.6), cycles=2 * plans[0].times.latency)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_units_that_follow_as_closely_as_their_products_bit_by_bit_allow(kind):
    cls, plan_class = KINDS[kind]
    model, x = quantised(cls(6, True), shape=(2, 20), bits=5)
    plans = [plan_class(model.layers[0], Folding(1, n)) for n in range(1, 12)]
    closest = [plan for plan in plans if plan.bitwise][-1]
    check(closest, x)
    check(closest, x, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_folding(kind):
    for sequences, backward in ((True, False), (False, True), (True, True)):
        cell, x = layer(kind, sequences, backward)
        for plan in KINDS[kind][1].options(cell, ((4, 3),)):
            check(plan, x)
            check(plan, x, seed=2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_step(kind):
    for backward in (False, True):
        cell, x = layer(kind, True, backward, shape=(1, 2))
        check(KINDS[kind][1](cell, Folding(1, 2)), x)


@pytest.mark.parametrize("kind", KINDS)
def test_pace_is_that_of_the_times_or_a_little_less(kind):
    for backward in (False, True):
        cell, _ = layer(kind, True, backward, units=7, shape=(9, 5))
        for plan in list(KINDS[kind][1].options(cell, ((9, 5),)))[::5]:
            assert 0.9 * plan.times.interval < plan.pace <= plan.times.interval, plan.folding


@pytest.mark.parametrize(("kind", "products"), [("lstm", 4), ("gru", 3)])
def test_multipliers_never_wait_for_the_cell(kind, products):
    """Of 32 units and 56 inputs: all cycles but those in which a frame's first column comes."""
    cell, _ = layer(kind, True, False, units=32, shape=(20, 56))
    plan = KINDS[kind][1](cell, Folding(1, products))
    assert plan.times.interval == 20 * (56 + 32) * 32
    # The state's part is done when a column comes.
    assert plan.sums.part_beats == (32, 56)


def test_selecting_units_do_not_sum_two_parts():
    cell, _ = layer("lstm", True, False)
    assert not fits_select(LstmPlan(cell, Folding(1, 12)).sums)


def test_foldings_that_units_do_not_make():
    cell, _ = layer("lstm", True, False)
    other = LstmPlan(cell, Folding(1, 3)).multipliers
    with pytest.raises(ValueError, match="expected units for 1 inputs of 4 neurons"):
        LstmPlan.chosen(cell, ((4, 3),), folding=Folding(1, 4), multipliers=other)


NETWORKS = {
    "two": (Lstm(3, True), Gru(2, False), Dense(3, "linear")),
    "both ways": (Bidirectional(Gru(2, True)), Lstm(2, False), Dense(2, "linear")),
    "last of both ways": (Lstm(2, True), Bidirectional(Lstm(2, False)), Dense(2, "linear")),
}


@pytest.mark.parametrize("name", swept(NETWORKS, 2))
def test_every_stream_of_networks(name):
    model, x = quantised(*NETWORKS[name])
    check_decoder(Decoder(DecoderPlan.chosen(model, {})), x)


def test_the_second_layer_goes_on_beside_the_first():
    model, _ = quantised(Lstm(6, True), Lstm(6, False), shape=(9, 6))
    plan = DecoderPlan.chosen(model, {})
    slowest = max(each.times.interval for each in plan.layers.values())
    assert plan.frame_cycles == slowest
    assert plan.latency_cycles < 1.2 * slowest


def test_foldings_follow_from_an_interval():
    model, _ = quantised(*NETWORKS["two"], shape=(6, 5))
    fast = design_decoder(model, interval_cycles=300)
    assert fast.frame_cycles <= 300
    slow = design_decoder(model)
    assert {str(plan.folding) for plan in slow.layers.values()} == {"1x1", "1x3"}


def test_foldings_that_are_asked_for():
    model, _ = quantised(*NETWORKS["two"], shape=(6, 5))
    asked = HardwareOptions(inputs_per_cycle=(5, 2), outputs_per_cycle=(4, 3))
    assert [str(folding) for folding in foldings_of(model, asked)] == ["5x4", "2x3", "1x3"]
    with pytest.raises(InputError, match="'l0', number 1 .*: expected 1 to 5 inputs a cycle"):
        foldings_of(model, HardwareOptions(inputs_per_cycle=(6,)))
    with pytest.raises(InputError, match="'l1', number 2 .*: expected 1 to 6 outputs a cycle"):
        foldings_of(model, HardwareOptions(outputs_per_cycle=(1, 7)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_estimated_area(kind, tmp_path):
    cls, plan_class = KINDS[kind]
    model, _ = quantised(cls(8, False), shape=(6, 20))
    for outputs in (2, 8 * plan_class.gates):
        made = DecoderPlan.chosen(model, {"l0": {"folding": Folding(1, outputs)}})
        found = measure(Decoder(made), XC7, tmp_path)
        assert found["lut"] == pytest.approx(decoder_area(made, XC7).lut, rel=0.25), outputs


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_netlist(kind, family, tmp_path):
    cls, plan_class = KINDS[kind]
    model, x = quantised(cls(2, True), cls(2, False, True), shape=(3, 2))
    plan = DecoderPlan.chosen(model, {"l0": {"folding": Folding(1, 2)}})
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    found = check_netlist(decoder, x[:3], model.compute(x[:3]), tmp_path, stall_seed=5)
    assert (found.vectors_checked, found.mismatches) == (6, 0), found.first_mismatch


@pytest.mark.parametrize("seed", SEEDS)
def test_every_stream_of_random_networks(seed):
    found = check_network(seed, seed=2, samples=4, verilog=False, kinds=RECURRENT)
    assert found.frames
    assert not found.mismatches, found.finding


def test_a_plan_with_other_multipliers_is_the_same_layer():
    cell, x = layer("gru", True, False)
    plan = GruPlan(cell, Folding(1, 3))
    units = replace(plan.multipliers, dsp=1, lut=2)
    check(replace(plan, multipliers=units), x)
