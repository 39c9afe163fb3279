# amaranth: UnusedElaboratable=no
"""Selecting units: exact sums for every small weight, at the documented times, in few LUTs."""

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.mac_array import MacArray
from build_decoder.hdl.parts.select_accumulate import SelectAccumulate
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.fits import fits_select, select_misfit
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS, synthesise
from tests.cell_models import ForFamily
from tests.rtl import simulate
from tests.sweeps import swept_cases

INPUTS, UNITS = 23, 4
WEIGHTS = {"2": QFormat(2, 0), "1": QFormat(1, 0), "u1": QFormat(1, 0, signed=False)}


def layer(weight: QFormat, *, signed: bool, rows="random", inputs=INPUTS, width=4) -> Dense:
    extremes = {"high": weight.max_raw, "low": weight.min_raw, "zero": 0}
    random = np.random.default_rng(weight.width)
    shape = (inputs, UNITS)
    weights = (
        np.full(shape, extremes[rows]) if rows in extremes
        else random.integers(weight.min_raw, weight.max_raw + 1, shape)
    )
    input = QFormat(width, 1, signed)
    return Dense(
        input=input, weight=weight, accumulator=QFormat(10, 0), bias=QFormat(3, 0),
        weights=weights, biases=np.arange(UNITS) - 1,
        activation=integer_activation("linear", QFormat(10, 0), QFormat(10, 0)),
    )


def plan(layer: Dense, *, double_buffered=True, multipliers=None) -> DensePlan:
    return DensePlan(
        layer, Folding(1, layer.units), 1, double_buffered=double_buffered,
        multipliers=multipliers or Multipliers(select=layer.units),
    )


def frames(layer: Dense) -> np.ndarray:
    """What drives sums to both ends of the proven range, and random frames between."""
    format, first = layer.input, layer.weights[:, 0] > 0
    x = np.random.default_rng(0).integers(
        format.min_raw, format.max_raw + 1, (9, layer.input_count)
    )
    x[1], x[2] = format.max_raw, format.min_raw
    x[3] = np.where(first, format.max_raw, format.min_raw)
    x[4] = np.where(first, format.min_raw, format.max_raw)
    return x


def array_sums(
    plan: DensePlan, x: np.ndarray, *, stalled: bool, family: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of each frame, one and two cycles after its last input.

    In a gap, the input that is not valid and the weights that are not loaded are any.
    """
    dut = MacArray(plan)
    random = np.random.default_rng(1)
    rows = plan.weight_rows.tolist()
    early, due = [], []

    def gap(ctx):
        format = plan.parameters.input
        ctx.set(dut.valid, 0)
        ctx.set(dut.load, 0)
        ctx.set(dut.inputs, [int(random.integers(format.min_raw, format.max_raw + 1))])
        ctx.set(dut.weights, rows[random.integers(len(rows))])

    def sums(ctx):
        return [ctx.get(total) for total in dut.sums]

    async def testbench(ctx):
        ctx.set(dut.load, 1)
        ctx.set(dut.weights, rows[0])
        await ctx.tick()
        ends = []
        for values in x.tolist():
            for beat, value in enumerate(values):
                while stalled and random.random() < 0.3:
                    gap(ctx)
                    await tick(ctx, ends)
                last = beat == plan.beats - 1
                ctx.set(dut.valid, 1)
                ctx.set(dut.load, 1)
                ctx.set(dut.inputs, [value])
                ctx.set(dut.weights, rows[(beat + 1) % plan.beats])
                ctx.set(dut.clear, last and plan.double_buffered)
                if last:
                    ends.append(0)
                await tick(ctx, ends)
                ctx.set(dut.clear, 0)
            if not plan.double_buffered:
                gap(ctx)
                await tick(ctx, ends)
                # Sums hold for as long as nothing clears them.
                await ctx.tick().repeat(3)
                assert sums(ctx) == due[-1]
                ctx.set(dut.clear, 1)
                await tick(ctx, ends)
                ctx.set(dut.clear, 0)
        gap(ctx)
        await tick(ctx, ends)

    async def tick(ctx, ends):
        await ctx.tick()
        for n, age in enumerate(ends):
            ends[n] = age + 1
            if ends[n] in (1, plan.mac_latency):
                (early if ends[n] == 1 else due).append(sums(ctx))

    mapped = ForFamily(dut, family)
    simulate(mapped, testbench)
    chains = {"CARRY4": len(dut.sums) * -(-plan.unit_width // 4)} if family == XC7 else {}
    assert mapped.cells == chains
    return np.array(early), np.array(due)


@pytest.mark.parametrize("double_buffered", [True, False])
@pytest.mark.parametrize("stalled", [True, False])
@pytest.mark.parametrize("rows", ["random", "high", "low", "zero"])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("weight", WEIGHTS)
def test_sums_at_the_proven_ranges_edges(weight, signed, rows, stalled, double_buffered):
    dense = layer(WEIGHTS[weight], signed=signed, rows=rows)
    array = plan(dense, double_buffered=double_buffered)
    x = frames(dense)
    early, due = array_sums(array, x, stalled=stalled)
    np.testing.assert_array_equal(early, dense.rounding_constant + x @ dense.weights)
    np.testing.assert_array_equal(due, early)
    assert dense.rounding_constant > 0
    assert array.mac_latency == 2


@pytest.mark.parametrize("double_buffered", [True, False])
@pytest.mark.parametrize("rows", ["random", "high", "low", "zero"])
@pytest.mark.parametrize("signed", [True, False])
def test_sums_in_the_carry_chain(signed, rows, double_buffered):
    dense = layer(WEIGHTS["2"], signed=signed, rows=rows)
    x = frames(dense)
    early, due = array_sums(
        plan(dense, double_buffered=double_buffered), x, stalled=True, family=XC7
    )
    np.testing.assert_array_equal(early, dense.rounding_constant + x @ dense.weights)
    np.testing.assert_array_equal(due, early)


@pytest.mark.parametrize("width", [1, 3, 7, 11, 15])
def test_sums_over_several_blocks_of_the_carry_chain(width):
    dense = layer(WEIGHTS["2"], signed=True, width=width)
    x = frames(dense)
    early, _ = array_sums(plan(dense), x, stalled=False, family=XC7)
    np.testing.assert_array_equal(early, dense.rounding_constant + x @ dense.weights)


def test_two_inputs_a_frame():
    dense = layer(WEIGHTS["2"], signed=True, inputs=2)
    x = frames(dense)
    _, due = array_sums(plan(dense), x, stalled=False)
    np.testing.assert_array_equal(due, dense.rounding_constant + x @ dense.weights)


def test_sum_narrower_than_an_input():
    dense = layer(WEIGHTS["u1"], signed=True, rows="zero", width=9)
    assert dense.exact.width < dense.input.width
    _, due = array_sums(plan(dense), frames(dense), stalled=False)
    assert (due == dense.rounding_constant).all()


def two_layers(*, inputs: int) -> IntegerModel:
    first = layer(WEIGHTS["2"], signed=True, inputs=inputs)
    random = np.random.default_rng(9)
    second = Dense(
        input=first.output, weight=WEIGHTS["2"], accumulator=QFormat(14, 0), bias=QFormat(3, 0),
        weights=random.integers(-2, 2, (UNITS, 4)), biases=np.arange(4),
        activation=integer_activation("relu", QFormat(9, 0), QFormat(9, 0, signed=False)),
    )
    return IntegerModel.chain("two", (first, second))


@pytest.mark.parametrize(
    "multipliers",
    [
        Multipliers(select=4),
        Multipliers(packed=1, select=2),
        Multipliers(dsp=1, select=2, lut=1),
        Multipliers(packed=1, select=1, lut=1),
    ],
    ids=str,
)
@pytest.mark.parametrize(("inputs", "captures"), [(INPUTS, [True, False]), (3, [True, True])])
@pytest.mark.parametrize("seed", [None, 3])
def test_decoders_of_mixed_kinds_keep_the_plans_times(multipliers, inputs, captures, seed):
    model = two_layers(inputs=inputs)
    foldings = (Folding(1, 4), Folding(1, 4))
    decoder = Decoder(DecoderPlan.of(model, foldings, (multipliers, multipliers)))
    assert [p.double_buffered for p in decoder.plan.dense] == captures
    plain = DecoderPlan.of(model, foldings)
    assert (decoder.latency_cycles, decoder.frame_cycles) == (
        plain.latency_cycles, plain.frame_cycles,
    )
    x = frames(model.layers[0])
    y, latency, interval = simulate_amaranth(decoder, x, stall_seed=seed)
    np.testing.assert_array_equal(y, model.compute(x))
    if seed is None:
        assert (latency, interval) == (decoder.latency_cycles, decoder.frame_cycles)


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
def test_netlist_equals_the_model(family, tmp_path):
    model = two_layers(inputs=INPUTS)
    multipliers = (Multipliers(select=3, lut=1), Multipliers(select=4))
    plan = DecoderPlan.of(model, (Folding(1, 4), Folding(1, 4)), multipliers)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    x = frames(model.layers[0])
    check = check_netlist(decoder, x, model.compute(x), tmp_path, stall_seed=2)
    assert (check.vectors_checked, check.mismatches) == (2 * len(x), 0)
    assert check.resources.dsp == 0


def test_layers_that_do_not_fit():
    dense = layer(WEIGHTS["2"], signed=True)
    assert fits_select(plan(dense))
    # Small weights in a wide format are small all the same.
    assert fits_select(plan(layer(QFormat(2, 3), signed=True, rows="zero")))
    wide = plan(layer(QFormat(3, 0), signed=True))
    assert select_misfit(wide) == ("weights of at most 2 bits", "3")
    assert not fits_select(plan(layer(QFormat(2, 0, signed=False), signed=True)))
    for folding, expected, got in (
        (Folding(2, UNITS), "1 input a cycle", "2"),
        (Folding(1, 2), "all 4 outputs a cycle", "2"),
    ):
        folded = DensePlan(dense, folding, 1, double_buffered=True)
        assert select_misfit(folded) == (expected, got)
    single = plan(layer(WEIGHTS["2"], signed=True, inputs=1))
    assert select_misfit(single) == ("at least 2 inputs", "1")
    with pytest.raises(ValueError, match="expected weights of at most 2 bits for a selecting "
                                         "unit, got 3"):
        SelectAccumulate(wide, 0)


@pytest.mark.parametrize(
    ("signed", "double_buffered"), swept_cases([(False, True), (True, False)], 2)
)
@pytest.mark.slow
def test_one_lut_a_bit(signed, double_buffered, tmp_path):
    dense = layer(WEIGHTS["2"], signed=signed, inputs=100)
    array = plan(dense, double_buffered=double_buffered)
    source = tmp_path / "array.v"
    source.write_text(to_verilog(MacArray(array), family=XC7))
    found = synthesise(source, XC7, tmp_path / "synthesis").resources
    # One for reset and clear of all.
    assert found.lut <= UNITS * dense.exact.width + 1
    # Sums, twice if they are captured, and the weights' registers.
    assert found.ff <= UNITS * (dense.exact.width * (1 + double_buffered) + 2)
    assert found.dsp == 0
