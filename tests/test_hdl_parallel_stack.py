"""LSTMs in a row of which all sums are made at once."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from build_decoder.bench.resources import measure
from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.parallel_stack.columns_of_bits import in_block_rams
from build_decoder.hdl.parallel_stack.layer import ParallelLayers
from build_decoder.hdl.parallel_stack.plan import ParallelStackPlan
from build_decoder.hdl.parallel_stack.weights import UnitWeights
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.choose_plans import PlanChooser
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.fits import packs
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.limits import Limits, OutOfReach
from build_decoder.hdl.stack.layer import StackedLayers, stacks
from build_decoder.hdl.stack.stages import chosen_on_stacks, with_every_stack, with_stacks
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from tests.rtl import simulator_of
from tests.stage_rig import check_control, component
from tests.sweeps import swept
from tests.test_hdl_recurrent import check, quantised
from tests.test_hdl_stack import random_stack


@cache
def row(sequences: bool = True, units=(4, 3), shape=(3, 5), alike: bool = True, bits: int = 7):
    """LSTMs as one layer, and windows for them."""
    first, last = units[:-1], units[-1]
    lstms = (*(Lstm(count, True) for count in first), Lstm(last, sequences))
    model, x = quantised(*lstms, shape=shape, alike=alike, bits=bits)
    (nodes,) = stacks(model).values()
    return ParallelLayers(tuple(n.layer for n in nodes), tuple(n.name for n in nodes)), x


def options(layer: ParallelLayers, shape=(3, 5)) -> list[ParallelStackPlan]:
    return list(ParallelStackPlan.options(layer, (shape,)))


def test_each_product_is_made_once_of_its_own_weight():
    """Of rows of weights in the order of a pass: all fractions are those of the cell."""
    for alike in (False, True):
        layer, _ = row(units=(3, 5, 2), alike=alike)
        for plan in options(layer):
            for number, each in enumerate(layer.layers):
                cell, fraction = each.cell, plan.built_cell(number).layer.cell.sums.fraction
                for of_state, array, values in (
                    (False, cell.weights, cell.input), (True, cell.recurrent, cell.output)
                ):
                    start = plan.sums.start(number, of_state)
                    rows = plan.sums.weight_rows[start:][: plan.sums.beats_of(number, of_state), 0]
                    made = np.array([rows[:, plan.neurons_of(n)] for n in range(cell.units)])
                    lanes = plan.folding.inputs_per_cycle
                    made = made.reshape(cell.units, -1, plan.gates)[:, : len(array.raw)]
                    shift = fraction - values.fraction - array.format.fraction
                    expected = (array.raw << shift).reshape(len(array.raw), plan.gates, -1)
                    np.testing.assert_array_equal(made, expected.transpose(2, 0, 1), str(lanes))


@pytest.mark.parametrize(
    ("sequences", "alike", "lanes"), [(False, True, 1), (True, False, 2), (True, True, 3)]
)
def test_windows_back_to_back_and_with_stalls(sequences, alike, lanes):
    layer, x = row(sequences, alike=alike)
    plan = ParallelStackPlan(layer, Folding(lanes, 16))
    assert plan.shares_cell == alike
    check(plan, x)
    check(plan, x, seed=3)
    check_control(component(plan), (0.8, 0.6), cycles=2 * plan.times.latency)


@pytest.mark.parametrize(
    ("units", "shape", "lanes"), [((2, 5, 1), (3, 2), 1), ((2, 18), (1, 3), 2), ((1, 1), (2, 1), 1)]
)
def test_layers_of_other_sizes(units, shape, lanes):
    """Three layers, a selection in two steps, a single step, and no more than a unit."""
    layer, x = row(units=units, shape=shape)
    check(ParallelStackPlan(layer, Folding(lanes, 4 * max(units))), x)


@pytest.mark.slow
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("units", [(4, 3), (2, 5, 1), (6, 6), (3, 7), (17, 2)])
def test_every_number_of_lanes(units, alike):
    for sequences, shape in ((True, (5, 4)), (False, (2, 7))):
        layer, x = row(sequences, units=units, shape=shape, alike=alike)
        for plan in options(layer, shape):
            check(plan, x)
            check(plan, x, seed=2)


@pytest.mark.parametrize("seed", swept(range(60), 6))
def test_random_layers(seed):
    """In formats that are often too narrow at either end, and with any multipliers."""
    layer, x = random_stack("lstm", seed)
    layer = ParallelLayers(layer.layers, layer.names)
    shape = layer.steps, len(layer.layers[0].cell.weights.raw)
    plans = options(layer, shape)
    plan = plans[seed % len(plans)]
    units = plan.multipliers
    plan = replace(plan, multipliers=replace(units, dsp=units.dsp // 2, lut=-(-units.dsp // 2)))
    check(plan, x, seed=seed if seed % 2 else None)


def narrow() -> tuple[ParallelStackPlan, np.ndarray]:
    """A plan whose products are packed, two a block."""
    layer, x = row(False, bits=5)
    plan = ParallelStackPlan(layer, Folding(2, 16))
    (units,) = choose_multipliers([plan.sums], family=XC7)
    assert (units.packed, units.blocks) == (16, 16)
    return replace(plan, multipliers=units), x


def test_two_products_share_a_block_where_sums_of_the_lower_one_are_proven_to_fit():
    plan, x = narrow()
    check(plan, x)
    layer, _ = row(False, bits=14)
    wide = ParallelStackPlan(layer, Folding(2, 16))
    assert not packs(wide.sums, XC7.dsp)


def test_sums_of_a_lane_are_as_wide_as_those_of_the_worst_values():
    """Compared with values that make each sum greatest, and least."""
    layer, _ = row(units=(4, 3))
    sums = ParallelStackPlan(layer, Folding(2, 16)).sums
    extremes = []
    for number in range(2):
        total = 0
        for of_state in (False, True):
            block = sums.block(number, of_state)
            ends = np.array([block.values.min_raw, block.values.max_raw])
            products = block.rows[..., None] * ends
            total = total + np.array([products.min(axis=2).sum(axis=0),
                                      products.max(axis=2).sum(axis=0)])
        extremes += [total.min(), total.max()]
    half = 1 << sums.unit_width - 1
    assert -half <= min(extremes)
    assert max(extremes) < half
    assert min(extremes) < -half // 2 or max(extremes) >= half // 2


def test_weights_that_fill_block_rams_are_there_and_others_in_luts():
    random = np.random.default_rng(2)
    columns = random.random((41, 76)) < 0.5
    columns[36:, 44:] = False
    chosen = in_block_rams(columns, XC7.memory)
    assert chosen[:36].all()
    assert not chosen[36:].any()
    assert not in_block_rams(columns[:5], XC7.memory).any()


def test_weights_of_a_unit_are_those_of_the_address_before():
    rows = np.random.default_rng(3).integers(-8, 8, (76, 14))
    rows[40:, :3] &= ~3
    dut = UnitWeights(shape=range(-8, 8), rows=rows)
    addresses = np.random.default_rng(4).integers(0, 76, 200)
    seen = []

    async def testbench(ctx):
        before = 0
        for address in addresses.tolist():
            ctx.set(dut.address, address)
            await ctx.tick()
            ctx.set(dut.address_then, address)
            seen.append(list(ctx.get(dut.weights)))
            before = address
        assert before == addresses[-1]

    simulator_of(dut, testbench).run()
    np.testing.assert_array_equal(seen, rows[addresses])


def test_layers_that_are_refused():
    model, _ = quantised(Gru(3, True), Gru(2, False))
    (nodes,) = stacks(model).values()
    with pytest.raises(ValueError, match="expected LSTMs, whose sums are made at once, got Gru"):
        ParallelLayers(tuple(n.layer for n in nodes), ("l0", "l1"))
    assert type(with_stacks(model, ParallelLayers).layers[0]) is StackedLayers
    assert len(with_every_stack(model)) == 1
    layer, _ = row()
    for folding in (Folding(1, 15), Folding(6, 16)):
        with pytest.raises(ValueError, match="expected at most 5 values and 16 sums a cycle"):
            ParallelStackPlan(layer, folding)


@cache
def fast():
    """A network whose layers can be so fast in no other way with as many blocks."""
    model, x = quantised(Lstm(6, True), Lstm(6, False), Dense(2, "linear"), shape=(8, 8), bits=5,
                         alike=True)
    (interval,) = (
        plan.times.interval
        for plan in options(with_stacks(model, ParallelLayers).layers[0], (8, 8))
        if plan.folding.inputs_per_cycle == 2
    )
    return model, x, design_decoder(model, interval_cycles=interval, family=XC7)


def test_it_is_chosen_where_it_costs_less(tmp_path):
    model, _, plan = fast()
    assert [stage.plan.name for stage in plan.stages] == ["parallel_stack", "dense"]
    chooser = PlanChooser(with_stacks(model), family=XC7)
    slower = chooser.choose(Limits())
    assert plan.frame_cycles < slower.frame_cycles
    Design.of(plan, XC7).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(model)
    assert repr(again.stages) == repr(plan.stages)


def test_the_latency_that_is_told_can_be_had():
    """Of layers that share multipliers too, which may be faster than others."""
    model, _, _ = fast()
    with pytest.raises(OutOfReach, match="expected a latency that its layers can reach") as error:
        design_decoder(model, latency_cycles=1, family=XC7)
    plan = design_decoder(model, latency_cycles=error.value.least, family=XC7)
    assert plan.latency_cycles == error.value.least
    alone = PlanChooser(model, family=XC7).choose(Limits())
    assert plan.latency_cycles < alone.latency_cycles


@pytest.mark.slow
@pytest.mark.parametrize(("family", "packed"), [(XC7, 24), (ECP5, 0)], ids=str)
def test_netlist(family, packed, tmp_path):
    """Two values a cycle: on the 7 series in blocks of two products, else in blocks of one."""
    model, x, _ = fast()
    (layer, _) = with_stacks(model, ParallelLayers).layers
    plan = ParallelStackPlan(layer, Folding(2, 24))
    (units,) = choose_multipliers([plan.sums], family=family, spare_blocks=True)
    assert (units.packed, units.blocks) == (packed, 48 - packed)
    choices = {"l1": {"folding": plan.folding, "multipliers": units}}
    plan = chosen_on_stacks(model, {"l1": ParallelLayers}, choices)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    found = check_netlist(decoder, x[:3], model.compute(x[:3]), tmp_path, stall_seed=5)
    assert (found.vectors_checked, found.mismatches) == (6, 0), found.first_mismatch


@pytest.mark.slow
def test_estimated_area_is_near_that_of_synthesis(tmp_path):
    _, _, plan = fast()
    found, estimate = measure(Decoder(plan), XC7, tmp_path), decoder_area(plan, XC7)
    assert (found["dsp"], found["bram"]) == (estimate.dsp, estimate.bram)
    assert 0.75 < estimate.lut / found["lut"] < 1.25
