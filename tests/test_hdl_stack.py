"""Recurrent layers in a row on one array of multipliers."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.choose_plans import PlanChooser
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.graph_front import graph_front
from build_decoder.hdl.planning.limits import Limits
from build_decoder.hdl.stack.layer import StackedLayers, stacked, stacks
from build_decoder.hdl.stack.plan import StackPlan
from build_decoder.hdl.stack.stages import chosen_on_stacks, with_stacks
from build_decoder.models.errors import InputError
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.quant.alike import alike_nodes
from build_decoder.quant.formats import integer_model
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from tests.fuzzed import check_decoder
from tests.stage_rig import check_control, component
from tests.sweeps import swept, swept_cases
from tests.test_hdl_recurrent import check, in_a_row, quantised

KINDS = {"lstm": Lstm, "gru": Gru}


@cache
def stack(kind: str, sequences: bool, units=(4, 3), shape=(3, 5), alike=False):
    *first, last = units
    layers = (*(KINDS[kind](count, True) for count in first), KINDS[kind](last, sequences))
    model, x = quantised(*layers, shape=shape, alike=alike)
    (row,) = stacks(model).values()
    return StackedLayers(tuple(n.layer for n in row), tuple(n.name for n in row)), x


def checked_products(plan: StackPlan) -> None:
    """Each product of a step is made once, of its own weight, as rows of weights come."""
    sums, at_once = plan.sums, plan.folding.inputs_per_cycle
    rows = iter(sums.weight_rows)
    cells = [layer.cell for layer in plan.layer.layers]
    for part in sums.parts:
        array = cells[part.layer].recurrent if part.of_state else cells[part.layer].weights
        made = np.zeros_like(array.raw)
        seen = np.zeros(array.raw.shape, dtype=int)
        start = 0
        for groups in sums.groups_of(part):
            for beat in range(sums.beats_of(part)):
                row = next(rows)
                for lane in range(at_once):
                    value = beat * at_once + lane
                    for neuron in range(sums.neurons):
                        if value >= len(made) or neuron >= groups:
                            assert row[lane, neuron] == 0 or neuron >= groups
                            continue
                        unit, gate = divmod(start + neuron, plan.gates)
                        column = gate * cells[part.layer].units + unit
                        made[value, column] = row[lane, neuron]
                        seen[value, column] += 1
            start += groups
        assert (seen == 1).all()
        np.testing.assert_array_equal(made, array.raw)
    assert next(rows, None) is None


@pytest.mark.parametrize("others", swept([False, True], 2))
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_windows_back_to_back_and_with_stalls(kind, sequences, alike, others):
    layer, x = stack(kind, sequences, alike=alike)
    for number, folding in enumerate((Folding(1, 3), Folding(2, 2), Folding(1, 7))):
        if (number == sequences + alike) == others:
            continue
        plan = StackPlan(layer, folding)
        assert plan.shares_cell == alike
        checked_products(plan)
        check(plan, x, seed=4 if number % 2 == sequences else None)
    check_control(component(plan), (0.8, 0.6), cycles=2 * plan.times.latency)


@pytest.mark.parametrize(("kind", "alike"), swept_cases(product(KINDS, [False, True]), 3))
def test_three_layers_of_other_sizes(kind, alike):
    layer, x = stack(kind, True, units=(2, 5, 1), shape=(3, 2), alike=alike)
    for folding, seed in ((Folding(1, 2), None), (Folding(3, 2), 1)):
        check(StackPlan(layer, folding), x, seed=seed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_step(kind):
    layer, x = stack(kind, True, shape=(1, 3))
    check(StackPlan(layer, Folding(1, 2)), x)


def random_stack(kind: str, seed: int) -> tuple[StackedLayers, np.ndarray]:
    """Layers that may share a cell, in formats that are often too narrow at either end, and with
    weights of other formats in each."""
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 6, size=2).tolist())
    units = random.integers(1, 6, size=random.integers(2, 4)).tolist()
    network = in_a_row(*(KINDS[kind](count, True) for count in units), shape=shape)
    x = random.uniform(-1, 1, (5, *shape))
    formats = {
        key: QFormat(
            found.integer + int(random.choice((-1, 0, 0, 1))),
            max(int(random.integers(5, 10)) - found.integer, 2 - found.integer),
            found.signed,
        )
        for key, found in analyse_ranges(network, x).items()
    }
    for keys in alike_nodes(network).values():
        formats.update(dict.fromkeys(keys, formats[keys[0]]))
    model = integer_model(network, formats)
    return with_stacks(model).layers[0], model.quantise_input(x.reshape(len(x), -1))


@pytest.mark.parametrize("seed", swept(range(60), 30))
@pytest.mark.parametrize("kind", KINDS)
def test_random_layers_that_share_a_cell(kind, seed):
    layer, x = random_stack(kind, seed)
    cell = layer.layers[0].cell
    options = list(StackPlan.options(layer, ((layer.steps, len(cell.weights.raw)),)))
    plan = options[7 * seed % len(options)]
    # An accumulator has no more fraction bits than the products of its layer.
    alike = len({each.cell.accumulator for each in layer.layers}) == 1
    assert plan.shares_cell == alike
    check(plan, x, seed=seed if seed % 2 else None)


@pytest.mark.slow
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_folding(kind, alike):
    for sequences in (True, False):
        layer, x = stack(kind, sequences, alike=alike)
        for plan in StackPlan.options(layer, ((3, 5),)):
            check(plan, x)
            check(plan, x, seed=2)


def test_pace_is_that_of_the_times_or_a_little_less():
    for kind in KINDS:
        layer, _ = stack(kind, True, units=(7, 6), shape=(9, 8))
        for plan in list(StackPlan.options(layer, ((9, 8),)))[::7]:
            assert 0.9 * plan.times.interval < plan.pace <= plan.times.interval, plan.folding


def test_products_are_all_that_takes_time():
    """Of two layers of 16 units and 28 inputs: all cycles but those until the second one has its
    first values, once a step."""
    layer, _ = stack("lstm", True, units=(16, 16), shape=(20, 28))
    plan = StackPlan(layer, Folding(1, 4))
    products = 20 * (28 + 3 * 16) * 16
    late = plan.cells[0].cell_latency + 12
    assert products < plan.times.interval < products + 20 * late


def test_foldings_whose_sums_would_come_at_once():
    layer, _ = stack("lstm", True)
    with pytest.raises(ValueError, match="expected sums that come one by one, at most 16"):
        StackPlan(layer, Folding(1, 17))
    with pytest.raises(ValueError, match="expected sums that come one by one"):
        StackPlan(layer, Folding(3, 8))


def test_layers_that_are_stacked():
    def names(*layers):
        model, _ = quantised(*layers)
        return {name: [n.name for n in row] for name, row in stacks(model).items()}

    assert names(Lstm(3, True), Lstm(2, True), Lstm(2, False)) == {"l2": ["l0", "l1", "l2"]}
    assert names(Lstm(3, True), Gru(2, True), Gru(2, False)) == {"l2": ["l1", "l2"]}
    assert names(Lstm(3, True), Lstm(2, True, True), Lstm(2, False)) == {}
    model, _ = quantised(Lstm(3, True), Gru(2, False))
    with pytest.raises(ValueError, match="expected layers to be stacked that end in l1, got none"):
        stacked(model, {"l1": StackedLayers})


def test_layers_that_are_not_stacked():
    model, _ = quantised(Lstm(3, True), Gru(2, False))
    with pytest.raises(ValueError, match="expected several LSTMs, or GRUs"):
        StackedLayers(model.layers, ("l0", "l1"))
    model, _ = quantised(Lstm(3, True), Lstm(2, False))
    with pytest.raises(ValueError, match="expected layers that give all steps"):
        StackedLayers((model.layers[1], model.layers[1]), ("l0", "l1"))


NETWORKS = {
    "lstm": (Lstm(4, True), Lstm(3, False), Dense(3, "linear")),
    "gru": (Gru(2, True), Gru(3, True), Attention(), Dense(2, "linear")),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_stream_of_networks(name):
    model, x = quantised(*NETWORKS[name])
    plan = chosen_on_stacks(model, {"l1": StackedLayers}, {"l1": {"folding": Folding(1, 2)}})
    check_decoder(Decoder(plan), x[:3])


@cache
def pair():
    model, _ = quantised(Lstm(6, True), Lstm(6, False), Dense(2, "linear"), shape=(4, 8))
    return model, design_decoder(model, interval_cycles=1500, family=XC7)


def test_shared_multipliers_are_chosen_where_they_cost_less(tmp_path):
    model, plan = pair()
    assert [stage.plan.name for stage in plan.stages] == ["stack", "dense"]
    assert plan.frame_cycles <= 1500
    own = DecoderPlan.chosen(
        model, {"l0": {"folding": Folding(1, 2)}, "l1": {"folding": Folding(1, 1)}}
    )
    assert XC7.cost(decoder_area(plan, XC7)) < XC7.cost(decoder_area(own, XC7))
    Design.of(plan, XC7).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(model)
    assert repr(again.stages) == repr(plan.stages)


def test_layers_are_made_faster_one_by_one_for_a_latency():
    model, slow = pair()
    interval = slow.frame_cycles
    most = slow.latency_at_pace(interval) * 3 // 4
    chooser = PlanChooser(with_stacks(model), family=XC7)
    limits = Limits(interval_cycles=interval, latency_cycles=most)
    found = chooser.hastened(limits)
    assert found.latency_at_pace(interval) <= most
    blocks = sum(layer.multiplying.multipliers.blocks for layer in found.layers.values())
    fewer = chooser.hastened(replace(limits, max_blocks=blocks - 1))
    assert fewer.latency_at_pace(interval) <= most
    assert decoder_area(fewer, XC7).dsp == blocks - 1 == decoder_area(found, XC7).dsp - 1
    with pytest.raises(InputError, match="expected a latency that its layers can reach"):
        chooser.hastened(replace(limits, latency_cycles=1))
    plan = design_decoder(model, interval_cycles=interval, latency_cycles=most, family=XC7)
    assert plan.latency_at_pace(interval) <= most


def test_a_stack_is_not_made_faster_where_layers_behind_it_can_be_for_less():
    """A faster stack gives most for its price, and more than is asked for."""
    layers = Lstm(8, True), Lstm(6, False), Dense(12, "relu"), Dense(3, "linear")
    model, _ = quantised(*layers, shape=(4, 8))
    chooser = PlanChooser(with_stacks(model), family=XC7)
    start = chooser.choose(Limits(interval_cycles=4500))
    most = start.latency_at_pace(4500) * 9 // 10
    found = chooser.hastened(Limits(interval_cycles=4500, latency_cycles=most))
    assert found.latency_at_pace(4500) <= most
    assert found.layers["l1"].folding == start.layers["l1"].folding
    with_faster_stack = {"l1": {"folding": Folding(1, 2)}, "l2": {"folding": Folding(1, 2)}}
    other = DecoderPlan.chosen(with_stacks(model), with_faster_stack)
    assert XC7.cost(decoder_area(found, XC7)) < XC7.cost(decoder_area(other, XC7))


def test_a_design_of_layers_that_cannot_be_stacked_is_refused(tmp_path):
    model, plan = pair()
    design = Design.of(plan, XC7)
    other = replace(design.layers[0], name="l0")
    with pytest.raises(InputError, match="expected layers to be stacked that end in l0"):
        replace(design, layers=(other, *design.layers[1:])).plan(model)


def test_the_front_has_shared_multipliers():
    model, _ = pair()
    points = graph_front(model, family=XC7)
    names = {stage.plan.name for point in points for stage in point.plan.stages}
    assert names >= {"stack", "lstm"}


@pytest.mark.slow
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_netlist(kind, alike, tmp_path):
    layers = KINDS[kind](3, True), KINDS[kind](2, False)
    model, x = quantised(*layers, shape=(3, 2), alike=alike)
    plan = chosen_on_stacks(model, {"l1": StackedLayers}, {"l1": {"folding": Folding(1, 2)}})
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=XC7))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, XC7)
    found = check_netlist(decoder, x[:3], model.compute(x[:3]), tmp_path, stall_seed=5)
    assert (found.vectors_checked, found.mismatches) == (6, 0), found.first_mismatch


def test_a_plan_with_other_multipliers_is_the_same_layers():
    layer, x = stack("gru", False)
    plan = StackPlan(layer, Folding(1, 3))
    check(replace(plan, multipliers=replace(plan.multipliers, dsp=1, lut=2)), x)


def test_whoever_plans_a_decoder_knows_plans_of_stacks():
    """In a process of its own: this module imports them itself."""
    script = (
        "import build_decoder.hdl.planning.design, sys; "
        "sys.exit('build_decoder.hdl.stack.plan' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
