"""Floating point in hardware: units and layers, folded in many ways, give what models do."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from amaranth import Module, Value
from amaranth.sim import Simulator

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.floating.dense.plan import FloatDensePlan
from build_decoder.hdl.floating.operands import TakenInputs, WeightWords
from build_decoder.hdl.floating.rounder import Rounder
from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.hdl.floating.taken import Taken
from build_decoder.hdl.planning.deciding import deciding
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.answer import DECISION, answering
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.float_codes import codes_near, finite_codes
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS
from tests.floats import rounded
from tests.stage_rig import check_control, component, run
from tests.sweeps import swept
from tests.test_quant_float_dense import ENDS

E5M2, E4M3, FLUSHED = FloatFormat(5, 2), FloatFormat(4, 3), FloatFormat(4, 3, subnormals=False)
FORMATS = [FP16, BF16, FP32, E5M2, E4M3, FLUSHED, FloatFormat(2, 1)]


def by_hardware(dut, i: list[int], more: dict[str, list[int]] | None = None) -> list[int]:
    """What a unit gives for values of ``i``, one a cycle."""
    latency = dut.parameters.latency if "en" in dut.signature.members else 0
    m, found = Module(), []
    m.submodules.dut = dut

    async def testbench(ctx):
        if latency:
            ctx.set(dut.en, 1)
        for number in range(len(i) + latency):
            if number < len(i):
                ctx.set(dut.i, i[number])
                for name, values in (more or {}).items():
                    ctx.set(getattr(dut, name), values[number])
            await (ctx.tick() if latency else ctx.delay(1e-6))
            found.append(ctx.get(Value.cast(dut.o)))

    simulator = Simulator(m)
    if latency:
        simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return found[latency - 1 :][: len(i)] if latency else found


ROUNDINGS = [(34, -24), (13, -12), (8, 0), (8, -40), (60, -30), (60, -160), (20, 10), (2, -1)]


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_rounding_equals_fractions(format, signed):
    rng = np.random.default_rng(1)
    for width, least in ROUNDINGS:
        bits = width - signed
        i = [0, 1, (1 << bits) - 1]
        for _ in range(25):
            length = int(rng.integers(1, bits + 1))
            # Few ones and many zeros tie; a number of many bits has some far below.
            kept = int(rng.integers(1, length + 1))
            i.append(int.from_bytes(rng.bytes(8)) % (1 << kept) << (length - kept))
        if signed:
            signs = rng.choice([-1, 1], len(i)).tolist()
            i = [value * sign for value, sign in zip(i, signs, strict=True)]
        nan = (rng.random(len(i)) < 0.1).tolist()
        found = by_hardware(Rounder(Rounding(width, signed, least, format)), i, {"nan": nan})
        values = [rounded(value * Fraction(2) ** least, format) for value in i]
        wanted = np.where(nan, format.nan, format.encode(values))
        np.testing.assert_array_equal(found, wanted, err_msg=f"{width} bits, 2**{least}")


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_inputs_are_taken_as_the_range_says(format):
    rng = np.random.default_rng(2)
    least = format.least_exponent
    ranges = [
        InputRange(format), InputRange(format, 3.0, least + 1), InputRange(format, 2.0, 0),
        InputRange(format, 3.0, -1), InputRange(format, 1.0, max(-3, least)),
    ]  # fmt: skip
    codes = np.concatenate([
        rng.integers(0, 1 << format.width, 150), codes_near(rng, format, 100),
        [0, format.sign_bit, 1, format.infinity - 1, format.infinity, format.nan],
    ])  # fmt: skip
    for range in ranges:
        parameters = TakenInputs(range)
        dut = Taken(parameters)
        layout = dut.o.shape()
        for code, bits in zip(codes.tolist(), by_hardware(dut, codes.tolist()), strict=True):
            got = layout.from_bits(bits)
            taken = format.decode(range.take(np.array(code)))
            assert got.nan == np.isnan(taken)
            if not got.nan:
                unit = Fraction(2) ** (range.least + got.shift)
                assert got.significand * unit == Fraction(float(taken))


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_words_are_the_weights(format):
    rng = np.random.default_rng(3)
    for draw in (finite_codes, codes_near):
        codes = draw(rng, format, (20, 3))
        layer = _layer(rng, format, codes, "linear")
        words = WeightWords.of(format, codes, layer.sums.least_weight)
        values = np.ldexp(words.significands.astype(float), words.shifts)
        wanted = format.decode(codes)
        np.testing.assert_array_equal(np.ldexp(values, layer.sums.least_weight), wanted)
        assert words.words.min() >= 0
        assert int(words.words.max()) < 1 << words.width


def _layer(rng, format, weights, end) -> FloatDense:
    small = rng.random() < 0.5
    return FloatDense(
        input=format, weight=format, output=format,
        greatest=int(format.encode(3.0)) if small else format.infinity - 1,
        least=-1 if small else format.least_exponent,
        weights=weights, biases=codes_near(rng, format, weights.shape[1]), **ENDS[end],
    )  # fmt: skip


def _frames(rng, format, inputs: int) -> np.ndarray:
    """Numbers near one, any codes, and specials (frames, inputs)."""
    frames = np.concatenate([
        codes_near(rng, format, (4, inputs)), rng.integers(0, 1 << format.width, (3, inputs)),
        codes_near(rng, format, (3, inputs)),
    ])  # fmt: skip
    frames[5, -1], frames[7, 0] = format.nan, format.infinity
    frames[8] = format.sign_bit
    return frames


FOLDINGS = [(1, 5), (3, 2), (7, 5), (2, 1), (4, 5)]


LAYERS = [(format, end) for format in (FP16, BF16, FP32, E5M2, FLUSHED) for end in ENDS]


@pytest.mark.parametrize(
    "number", swept(range(100), 13),
    ids=lambda number: f"{number}-{'-'.join(map(str, LAYERS[number % len(LAYERS)]))}",
)
def test_a_layer_gives_its_values_at_its_times(number):
    format, end = LAYERS[number % len(LAYERS)]
    rng = np.random.default_rng([4, number])
    inputs, outputs = FOLDINGS[number % len(FOLDINGS)]
    draw = (codes_near, finite_codes)[number % 2]
    layer = _layer(rng, format, draw(rng, format, (7, 5)), end)
    plan = FloatDensePlan(layer, Folding(inputs, outputs), 1, double_buffered=number % 3 > 0)
    if outputs == 5:
        products = Multipliers(dsp=inputs * 2, lut=inputs * 3)
        plan = replace(plan, multipliers=products, lanes=1 + number % 2)
    x = _frames(rng, format, 7)
    for seed in (None, number + 1):
        (got,), taken, (cycles,) = run(
            component(plan), [x], seed=seed, deadline=100 + 4 * plan.times.interval
        )
        np.testing.assert_array_equal(got, layer.compute(x), err_msg=str(plan))
        if seed is None:
            ends = cycles[plan.output.beats - 1 :: plan.output.beats]
            assert ends[0] - min(each[0] for each in taken.values()) == plan.times.latency
            assert max(b - a for a, b in pairwise(ends)) == plan.times.interval


@pytest.mark.parametrize("folding", FOLDINGS[:3], ids=str)
def test_control_is_that_of_the_plan(folding):
    rng = np.random.default_rng(5)
    layer = _layer(rng, FP16, codes_near(rng, FP16, (7, 5)), "tanh")
    for captures in (True, False):
        plan = FloatDensePlan(layer, Folding(*folding), 1, double_buffered=captures)
        for probabilities in ((1, 1), (0.5, 0.5)):
            check_control(component(plan), probabilities)


def _decoder(format: FloatFormat, inputs: int) -> DecoderPlan:
    """Two layers, with products in blocks and in LUTs."""
    rng = np.random.default_rng(6)
    near = (codes_near(rng, format, (inputs, 6)), codes_near(rng, format, (6, 2)))
    layers = [_layer(rng, format, near[0], "sigmoid"), _layer(rng, format, near[1], "linear")]
    model = IntegerModel.chain("test", layers)
    units = (Multipliers(dsp=2, lut=1), Multipliers(dsp=2))
    return DecoderPlan.of(model, (Folding(1, 3), Folding(1, 2)), units)


def test_a_decoder_equals_its_model():
    plan = _decoder(FP16, 20)
    x = _frames(np.random.default_rng(7), FP16, 20)
    for seed in (None, 3):
        got, latency, interval = simulate_amaranth(Decoder(plan), x, stall_seed=seed)
        np.testing.assert_array_equal(got, plan.model.compute(x))
        if seed is None:
            assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)


def test_a_decision_is_that_of_the_values():
    plan = _decoder(FP16, 20)
    model = answering(plan.model, DECISION)
    plan = deciding(plan, model)
    x = _frames(np.random.default_rng(8), FP16, 20)
    got, *_ = simulate_amaranth(Decoder(plan), x)
    values = FP16.decode(model.values(x)[model.nodes[-2].name])
    np.testing.assert_array_equal(got[:, 0], values.argmax(axis=1))
    assert len(set(got[:, 0].tolist())) == 2


NETLISTS = [
    (family, *case) for case in ((FLUSHED, 6), (FP16, 300)) for family in map(get, TARGETS)
]


@pytest.mark.slow
@pytest.mark.parametrize("case", NETLISTS, ids=lambda case: "-".join(map(str, case)))
def test_a_netlist_equals_its_model(case, tmp_path):
    family, format, inputs = case
    plan = _decoder(format, inputs)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    x = codes_near(np.random.default_rng(8), format, (5, inputs))
    x[3, 4], x[4, 5] = format.nan, format.infinity
    y = plan.model.compute(x)
    y[2, 1] ^= 1
    check = check_netlist(decoder, x, y, tmp_path, stall_seed=7)
    assert (check.vectors_checked, check.mismatches) == (10, 2)
    assert check.resources.dsp >= 2


def test_blocks_go_to_the_last_layers_as_far_as_there_are_some():
    rng = np.random.default_rng(9)
    layers = [
        _layer(rng, FP16, codes_near(rng, FP16, shape), "relu") for shape in ((9, 6), (6, 4))
    ]
    model, foldings = IntegerModel.chain("test", layers), [Folding(1, 6), Folding(1, 4)]
    for limit, blocks in ((None, [6, 4]), (7, [3, 4]), (2, [0, 2])):
        plan = design_decoder(model, foldings=foldings, family=get("xc7"), max_blocks=limit)
        assert [layer.multipliers.blocks for layer in plan.dense] == blocks
        assert [layer.multipliers.lut for layer in plan.dense] == [6 - blocks[0], 4 - blocks[1]]
    wide = _layer(rng, FP32, finite_codes(rng, FP32, (4, 3)), "relu")
    plan = design_decoder(IntegerModel.chain("test", [wide]), family=get("ecp5"))
    assert [layer.multipliers for layer in plan.dense] == [Multipliers(lut=3)]
