"""Attention in hardware: whole networks, their plans and files, the divider and the memory."""

import itertools

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.layers.attention.plan import AttentionPlan
from build_decoder.hdl.layers.attention.weighing_plan import WeighingPlan
from build_decoder.hdl.layers.attention_sums.plan import AttentionSumsPlan
from build_decoder.hdl.parts.row_memory import RowMemory
from build_decoder.hdl.parts.serial_divider import SerialDivider
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.serial_division import SerialDivision
from build_decoder.models import Architecture, Input, Node
from build_decoder.models.layers.attention import Attention as FloatAttention
from build_decoder.models.layers.dense import Dense
from build_decoder.quant.activations.table import Table
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.attention import Attention
from build_decoder.quant.operations.attend import Attend
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.fuzz import check_network
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_steps import random_steps
from build_decoder.sim.synthesis import TARGETS
from tests.architectures import random_network
from tests.fuzzed import check_decoder
from tests.rtl import simulate
from tests.stage_rig import component, run
from tests.sweeps import swept

STEPS, CHANNELS = 7, 6


def model(bits: int = 7) -> tuple[IntegerModel, np.ndarray]:
    """Attention and a dense layer, and windows for them: a loud one, then a quiet one."""
    nodes = (
        Node("weighted", ("x",), FloatAttention()), Node("y", ("weighted",), Dense(3, "linear")),
    )
    network = random_network(Architecture("r", (Input("x", (STEPS, CHANNELS)),), nodes))
    x = np.random.default_rng(1).uniform(-1, 1, (20, STEPS, CHANNELS))
    formats = {
        key: QFormat(found.integer, max(bits, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(network, x).items()
    }
    made = integer_model(network, formats)
    x[0], x[1] = np.sign(x[0]), x[1] / 64
    return made, made.quantise_input(x[:4].reshape(4, -1))


def folded(net: IntegerModel, inputs: int) -> DecoderPlan:
    return DecoderPlan.chosen(
        net, {"weighted": {"folding": Folding(inputs, 1)}, "y": {"folding": Folding(2, 1)}}
    )


@pytest.mark.parametrize("inputs", [1, 2, 4, 6])
def test_every_stream_of_a_network(inputs):
    net, x = model()
    check_decoder(Decoder(folded(net, inputs)), x)


@pytest.mark.parametrize("number", swept(range(2, 62, 4), 5))
def test_every_stream_of_random_networks(number):
    found = check_network(number, seed=2, samples=5, verilog=False)
    assert found.frames
    assert not found.mismatches, found.finding


@pytest.mark.parametrize(
    "number", [2, *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 42, 4))]
)
def test_verilog(number):
    found = check_network(number, seed=1, samples=10, verilog=True)
    assert found.frames == 2 * 10
    assert not found.mismatches, found.finding


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
def test_netlist(family, tmp_path):
    net, x = model()
    made = design_decoder(net, family=family)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(made), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", made.interface, family)
    check = check_netlist(decoder, x[:3], net.compute(x[:3]), tmp_path, stall_seed=5)
    assert (check.vectors_checked, check.mismatches) == (6, 0), check.first_mismatch


def test_the_random_networks_have_all_that_there_is():
    drawn = [random_steps(np.random.default_rng(seed)).plan for seed in range(60)]
    every = [plan for each in drawn for plan in each.layers.values()]
    sums = [plan for plan in every if isinstance(plan, AttentionSumsPlan)]
    plans = [plan for plan in every if isinstance(plan, AttentionPlan)]
    assert {plan.quotients.zero for plan in plans} == {False, True}
    assert any(plan.quotients.division.places < 0 for plan in plans)
    assert any(plan.quotients.division.places > 1 for plan in plans)
    for kind in (plans, sums):
        check_all_there_is(kind)
    assert {plan.rows > plan.groups for plan in sums} == {False, True}
    assert {plan.start > 0 for plan in sums} == {False, True}
    assert {plan.layer.attend.input.signed for plan in sums} == {False, True}
    assert {plan.layer.attend.input.fraction < 0 for plan in sums} == {False, True}
    assert any(len(each.stages) > 4 for each in drawn)
    ends = {type(each.model.nodes[-1].layer).__name__ for each in drawn}
    assert ends == {"Attention", "AttentionSums", "Decision", "Dense", "Softmax"}


def check_all_there_is(plans: list[WeighingPlan]) -> None:
    """Whatever the sums go into."""
    assert {plan.groups == 1 for plan in plans} == {False, True}
    assert {plan.layer.attend.channels % plan.folding.inputs_per_cycle > 0 for plan in plans} == {
        False, True,
    }
    assert {plan.lanes == plan.folding.inputs_per_cycle for plan in plans} == {False, True}
    assert {plan.multipliers.blocks > 0 for plan in plans} == {False, True}
    assert {type(plan.layer.attend.power) is Table for plan in plans} == {False, True}


def test_faster_plans_for_shorter_intervals():
    net, x = model()
    slow = design_decoder(net, family=get("xc7"), interval_cycles=10_000)
    assert slow.layers["weighted"].folding == Folding(1, 1)
    assert slow.frame_cycles == STEPS * (2 * CHANNELS + 4)
    most = STEPS * (2 * CHANNELS + 4) - 10
    fast = design_decoder(net, family=get("xc7"), interval_cycles=most)
    assert fast.layers["weighted"].folding.inputs_per_cycle > 1
    assert fast.frame_cycles <= most
    check_decoder(Decoder(fast), x)


def test_plans_survive_their_file(tmp_path):
    net, _ = model()
    made = folded(net, 2)
    Design.of(made, None).save(tmp_path / "design.json")
    assert Design.load(tmp_path / "design.json").plan(net).stages == made.stages


def attention(*, steps: int, channels: int, powers: tuple[int, ...]) -> Attention:
    """Attention whose powers are ``powers``, each of a score of its own."""
    narrow = QFormat(4, 0)
    score = QFormat(2, 0)
    table = Table(score, QFormat(3, 0, signed=min(powers) < 0), powers)
    rng = np.random.default_rng(0)
    return Attention(
        Attend(
            input=narrow, weights=RawArray(narrow, rng.integers(-8, 8, (channels, 1))),
            biases=RawArray(narrow, rng.integers(-8, 8, (steps, 1))), accumulator=QFormat(8, 0),
            power=table, output=QFormat(4, 2),
        )
    )


def test_frames_without_any_power_give_zero():
    layer = attention(steps=2, channels=3, powers=(0, 0, 0, 5))
    x = np.random.default_rng(2).integers(-8, 8, (40, 2, 3))
    y = layer.compute(x)
    zero = (y == 0).all(axis=1)
    assert zero.any()
    assert not zero.all()
    for inputs in (1, 2):
        plan = AttentionPlan(layer, Folding(inputs, 1), 1)
        (got,), *_ = run(component(plan), [x.reshape(40, -1)], seed=1)
        np.testing.assert_array_equal(got, y)


def test_times_beyond_the_division():
    """Of 32 channels: what is left behind the last value is a pass over them and a few cycles."""
    def times(steps: int) -> tuple[int, int]:
        layer = attention(steps=steps, channels=32, powers=(1, 2, 3, 5))
        plan = AttentionPlan(layer, Folding(1, 1), 1)
        assert plan.quotients.division.bits == 7
        last_value = (steps - 1) * (2 * 32 + 4) + 31
        return plan.times.latency - last_value - 32 * (7 + 1), plan.times.pace

    assert times(8) == (40, 8 * (2 * 32 + 4))
    # Sums of a window's last step wait until those of the window before are divided.
    assert times(2) == (40, 32 * (7 + 1) + 3 + 32)


def test_negative_powers_are_refused():
    with pytest.raises(ValueError, match="expected powers that are not negative, got raw -1"):
        AttentionPlan(attention(steps=1, channels=1, powers=(-1, 0, 1, 2)), Folding(1, 1), 1)


def test_foldings_that_do_not_fit_are_refused():
    layer = attention(steps=2, channels=3, powers=(1, 2, 3, 5))
    for folding in (Folding(1, 2), Folding(4, 1)):
        with pytest.raises(ValueError, match="expected 1 to 3 channels a cycle into 1 score"):
            AttentionPlan(layer, folding, 1)
    with pytest.raises(ValueError, match="expected 1 or 2 values a transfer, got 3"):
        AttentionPlan(layer, Folding(2, 1), 3)


def test_constants_are_refused_where_weights_must_be_written():
    net, _ = model()
    with pytest.raises(ValueError, match="weighted: expected weights with room for others"):
        DecoderPlan.chosen(net, {}, reloadable=True)


@pytest.mark.parametrize(("whole", "places"), [(3, 2), (1, 4), (4, 0), (4, -2)])
def test_the_divider_floors(whole, places):
    division = SerialDivision(3 + whole, 3, whole, places)
    dut = SerialDivider(division)

    async def testbench(ctx):
        for denominator in range(1, 8):
            for numerator in range(denominator << whole):
                ctx.set(dut.numerator, numerator)
                ctx.set(dut.denominator, denominator)
                ctx.set(dut.load, 1)
                await ctx.tick()
                ctx.set(dut.load, 0)
                ctx.set(dut.step, 1)
                await ctx.tick().repeat(division.bits)
                ctx.set(dut.step, 0)
                await ctx.tick()
                scaled = numerator * 2 ** (places + 4)
                assert ctx.get(dut.quotient) == scaled // (denominator * 16)

    simulate(dut, testbench)


def test_a_quotient_has_bits():
    with pytest.raises(ValueError, match="expected at least 1 bit of a quotient, got 0"):
        SerialDivision(4, 4, 2, -2)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_rows_are_read_a_cycle_after_they_are_written(rows):
    dut = RowMemory(rows, 8)
    random = np.random.default_rng(3)
    held = dict.fromkeys(range(rows), 0)

    async def testbench(ctx):
        for value, row, read in itertools.islice(
            zip(*random.integers(0, (256, rows, rows), (50, 3)).T.tolist(), strict=True), 50
        ):
            ctx.set(dut.data, value)
            ctx.set(dut.row, row)
            ctx.set(dut.write, value % 2)
            ctx.set(dut.next_row, read)
            before = dict(held)
            if value % 2:
                held[row] = value
            await ctx.tick()
            assert ctx.get(dut.read) == (held if rows == 1 else before)[read]

    simulate(dut, testbench)
