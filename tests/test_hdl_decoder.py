"""Dense layers and decoders: every folding gives the model's outputs at the documented times."""

from itertools import product

import numpy as np
import pytest

from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.amaranth_runner import simulate_amaranth
from tests.sweeps import swept_cases


def model(widths, activations, seed=0) -> IntegerModel:
    random = np.random.default_rng(seed)
    weight, bias, sum = QFormat(1, 5), QFormat(2, 4), QFormat(4, 4)
    format, layers = QFormat(4, 0, signed=False), []
    for inputs, units, activation in zip(widths, widths[1:], activations, strict=False):
        layers.append(
            Dense(
                input=format, weight=weight, accumulator=QFormat(8, 3), bias=bias,
                weights=random.integers(weight.min_raw, weight.max_raw + 1, (inputs, units)),
                biases=random.integers(bias.min_raw, bias.max_raw + 1, units),
                activation=integer_activation(activation, sum, QFormat(2, 5)),
            )
        )
        format = layers[-1].output
    return IntegerModel.chain("test", tuple(layers))


def frames(model: IntegerModel, count: int) -> np.ndarray:
    random = np.random.default_rng(1)
    format = model.input_format
    x = random.integers(format.min_raw, format.max_raw + 1, (count, model.input_count))
    x[0], x[1] = format.max_raw, format.min_raw
    return x


@pytest.mark.parametrize(
    ("inputs_per_cycle", "outputs_per_cycle"),
    swept_cases(product([1, 2, 3, 4, 11, 16], [1, 2, 3, 5, 7, 9]), 5),
)
def test_every_folding_of_two_layers(inputs_per_cycle, outputs_per_cycle):
    two = model((11, 7, 3), ("sigmoid", "tanh"))
    foldings = (Folding(inputs_per_cycle, outputs_per_cycle), Folding(2, 2))
    x = frames(two, 4)
    plan = DecoderPlan.of(two, foldings)
    decoder = Decoder(plan)
    y, latency, _ = simulate_amaranth(decoder, x)
    np.testing.assert_array_equal(y, two.compute(x))
    assert latency == decoder.latency_cycles
    y, *_ = simulate_amaranth(Decoder(plan), x, stall_seed=inputs_per_cycle)
    np.testing.assert_array_equal(y, two.compute(x))


@pytest.mark.parametrize(
    ("widths", "foldings", "interval"),
    [
        ((40, 20, 2), [(1, 20), (1, 2)], 40),
        ((40, 20, 2), [(4, 20), (4, 2)], 10),
        ((40, 20, 2), [(1, 1), (1, 1)], 800),
        ((64, 3), [(1, 3)], 64),
    ],
)
def test_back_to_back_frames_overlap(widths, foldings, interval):
    net = model(widths, ("sigmoid", "linear"))
    decoder = Decoder(DecoderPlan.of(net, [Folding(*folding) for folding in foldings]))
    x = frames(net, 5)
    y, latency, frame_cycles = simulate_amaranth(decoder, x)
    np.testing.assert_array_equal(y, net.compute(x))
    assert decoder.frame_cycles == frame_cycles == interval
    assert decoder.latency_cycles == latency


@pytest.mark.parametrize(("inputs_per_cycle", "beats"), [(1, 11), (2, 6), (5, 3), (11, 1)])
def test_transfers_of_a_frame(inputs_per_cycle, beats):
    net = model((11, 7, 3), ("relu", "linear"))
    foldings = (Folding(inputs_per_cycle, 7), Folding(2, 3))
    plan = DecoderPlan.of(net, foldings)
    decoder = Decoder(plan)
    # Amaranth warns of components that are made and never elaborated, as here.
    decoder._MustUse__used = True
    assert (decoder.input_beats, decoder.output_beats) == (beats, 3)
    assert len(decoder.i.payload) == inputs_per_cycle
    assert len(decoder.o.payload) == 1
    assert decoder.latency_cycles == plan.latency_cycles
    # All neurons at once bring transfers of any width.
    assert [(stage.name, type(stage.plan)) for stage in plan.stages] == [
        ("layer1", DensePlan), ("layer2", DensePlan)
    ]
    assert [layer.lanes for layer in plan.dense] == [2, 1]


def test_packers_are_where_lanes_do_not_fit():
    net = model((4, 6, 5, 2), ("relu", "relu", "linear"))
    # Passes of 4 neurons bring no transfers of 3; 5 at once bring transfers of 2.
    decoder = DecoderPlan.of(net, [Folding(1, 4), Folding(3, 5), Folding(2, 2)])
    plans = [stage.plan for stage in decoder.stages]
    assert [type(plan) for plan in plans] == [DensePlan, PackerPlan, DensePlan, DensePlan]
    assert (plans[0].lanes, plans[1].lanes, plans[1].count) == (1, 3, 6)
    assert [plan.lanes for plan in plans[2:]] == [2, 1]


def test_only_the_slowest_layer_captures_its_sums():
    net = model((40, 20, 2), ("sigmoid", "linear"))
    first, second = DecoderPlan.of(net, [Folding(1, 20), Folding(1, 2)]).dense
    assert first.double_buffered
    assert not second.double_buffered


def test_reset_in_a_frame_starts_over():
    from amaranth import Module, ResetInserter, Signal

    from tests.rtl import simulate

    net = model((6, 4, 2), ("relu", "linear"))
    decoder = Decoder(DecoderPlan.of(net, [Folding(1, 2), Folding(1, 1)]))
    x = frames(net, 3)
    restart = Signal()
    m = Module()
    m.submodules.decoder = ResetInserter(restart)(decoder)
    got = []

    async def testbench(ctx):
        ctx.set(decoder.i.valid, 1)
        ctx.set(decoder.i.payload, [3])
        await ctx.tick().repeat(11)
        ctx.set(restart, 1)
        await ctx.tick()
        ctx.set(restart, 0)
        ctx.set(decoder.o.ready, 1)
        sent = 0
        for _ in range(600):
            ctx.set(decoder.i.valid, sent < x.size)
            ctx.set(decoder.i.payload, [int(x.ravel()[min(sent, x.size - 1)])])
            if ctx.get(decoder.o.valid):
                got.append(ctx.get(decoder.o.payload[0]))
            taken = ctx.get(decoder.i.ready) and sent < x.size
            await ctx.tick()
            sent += taken

    simulate(m, testbench)
    np.testing.assert_array_equal(np.reshape(got, (3, 2)), net.compute(x))


def test_lanes_must_divide_a_pass():
    net = model((4, 6), ("linear",))
    with pytest.raises(ValueError, match="expected lanes that divide 4 outputs a cycle, got 3"):
        DensePlan(net.layers[0], Folding(1, 4), 3, double_buffered=True)


def test_one_folding_a_layer():
    with pytest.raises(ValueError, match="expected 2 foldings, got 1"):
        DecoderPlan.of(model((4, 3, 2), ("linear", "linear")), [Folding(1, 1)])


def test_foldings_are_positive():
    with pytest.raises(ValueError, match="expected at least one input and one output a cycle"):
        Folding(0, 1)
