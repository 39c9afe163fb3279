"""Convolutions as bit heaps: windows and frames of any size, times, and networks."""

import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from amaranth import Module, ResetInserter
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import DEFAULT, FAMILIES, get
from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.heap.convolutions import convolution_heaps
from build_decoder.hdl.layers.conv2d.heap.plan import ConvolutionHeapPlan
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.errors import InputError
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.layers.global_average_pool import GlobalAveragePool
from build_decoder.quant.layers.max_pool import MaxPool
from build_decoder.quant.operations.average import Average
from build_decoder.quant.operations.pool import Pool
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_heaps import random_heap_columns
from build_decoder.sim.random_networks import random_frames
from build_decoder.sim.synthesis import synthesise
from tests.fuzzed import check_decoder
from tests.rtl import simulator_of
from tests.stage_rig import check_control, component, transfers
from tests.sweeps import swept, swept_cases
from tests.test_hdl_conv2d import check, convolution, frames

SHAPES = {
    "more columns than a window": ((7, 1, 3), (3, 1), 3),
    "rows and time": ((4, 3, 2), (3, 2), 2),
    "an even window": ((5, 1, 2), (4, 1), 2),
    "as many columns as wait": ((2, 1, 2), (5, 1), 2),
    "fewer columns than wait": ((3, 1, 2), (9, 1), 2),
    "larger than the image": ((2, 2, 1), (5, 6), 1),
    "one column": ((1, 1, 3), (4, 1), 2),
    "one tap": ((4, 2, 2), (1, 3), 3),
    "one value": ((1, 1, 1), (3, 2), 1),
}


@pytest.mark.parametrize(
    ("name", "cells", "planes"), swept_cases(itertools.product(SHAPES, NAMES, (1, 2, 4)), 7)
)
def test_every_shape(name, cells, planes):
    shape, kernel, filters = SHAPES[name]
    check(ConvolutionHeapPlan(convolution(shape, kernel, filters), cells, planes))


@pytest.mark.parametrize(
    ("used", "planes"),
    swept_cases(itertools.product(("nothing", "one column", "one channel"), (1, 2)), 2),
)
def test_weights_that_are_zero(used, planes):
    """Registers hold what is taken, and what is on its way there, alone."""
    layer = convolution((5, 1, 2), (4, 1), 2)
    kept = {"nothing": [], "one column": np.s_[0], "one channel": np.s_[:, :, 0]}[used]
    weights = np.zeros_like(layer.weights)
    weights[kept] = layer.weights[kept]
    plan = ConvolutionHeapPlan(replace(layer, weights=weights), NAMES[0], planes)
    assert len(plan.window) == {"nothing": 0, "one column": 4 * 8, "one channel": 4 * 4}[used]
    check(plan)


@pytest.mark.parametrize("name", SHAPES)
def test_a_column_is_a_dense_layer_of_its_window(name):
    shape, kernel, filters = SHAPES[name]
    layer = convolution(shape, kernel, filters)
    plan = ConvolutionHeapPlan(layer, NAMES[0])
    x, (before, behind) = frames(layer), plan.taps
    around = np.pad(x, ((0, 0), (before, behind), (0, 0), (0, 0)))
    for step in range(shape[0]):
        window = around[:, step : step + before + 1 + behind]
        np.testing.assert_array_equal(
            plan.dense.compute(window.reshape(len(x), -1)),
            layer.compute(x)[:, step].reshape(len(x), -1),
        )


@pytest.mark.parametrize(
    ("name", "planes"),
    swept_cases(
        itertools.product(("fewer columns than wait", "one tap", "rows and time"), (4, 2, 1)), 5
    ),
)
def test_control_while_others_stall(name, planes):
    shape, kernel, filters = SHAPES[name]
    plan = ConvolutionHeapPlan(convolution(shape, kernel, filters), NAMES[0], planes)
    check_control(component(plan), (1, 1), (1, 0.5), (0.5, 1), (0.5, 0.5))


def test_times():
    """A column in a cycle, or in one a plane; behind the last one, those that wait for zeros."""
    layer = convolution((20, 1, 8), (6, 1), 4)
    plan = ConvolutionHeapPlan(layer, NAMES[0])
    assert plan.times.interval == plan.pace == 20 + 3
    assert plan.times.latency == 20 + 3 - 1 + plan.pipeline.registers
    plan = ConvolutionHeapPlan(layer, NAMES[0], 2)
    assert plan.times.interval == plan.pace == 2 * 20 + 3
    assert plan.times.latency == 3 + 2 * 20 + plan.pipeline.registers


def test_a_reset_in_the_midst_of_a_frame():
    """Nothing of columns before it is in windows after it."""
    layer = convolution((5, 1, 2), (4, 1), 2)
    plan = ConvolutionHeapPlan(layer, NAMES[0])
    dut, x = component(plan), frames(layer)
    columns = transfers(x.reshape(len(x), -1), plan.inputs[0])
    got = []

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.i.valid, 1)
        for column in columns[:3]:
            ctx.set(dut.i.payload, column)
            await ctx.tick()
        ctx.set(reset.clear, 1)
        await ctx.tick()
        ctx.set(reset.clear, 0)
        waiting = list(columns[:5])
        for _ in range(40):
            ctx.set(dut.i.valid, bool(waiting))
            if waiting:
                ctx.set(dut.i.payload, waiting[0])
                if ctx.get(dut.i.ready):
                    waiting.pop(0)
            if ctx.get(dut.o.valid):
                got.extend(ctx.get(dut.o.payload))
            await ctx.tick()

    reset = Cleared(dut)
    simulator_of(reset, testbench).run()
    np.testing.assert_array_equal(got, layer.compute(x[:1]).ravel())


class Cleared(wiring.Component):
    """A stage that is reset while ``clear`` is set."""

    clear: In(1)

    def __init__(self, stage):
        super().__init__()
        self.stage = stage

    def elaborate(self, platform):
        m = Module()
        m.submodules.stage = ResetInserter(self.clear)(self.stage)
        return m


def averaged() -> IntegerModel:
    """A convolution, means over time, and a dense layer: as folded layers, each is as fast as with
    bit heaps, and together they are not."""
    layer = narrow((12, 1, 4), QFormat(3, 0), (3, 1), 5, seed=1)
    means, scores = QFormat(3, 2, signed=False), QFormat(9, 2)
    dense = Dense(
        input=means, weight=QFormat(2, 0), accumulator=scores, bias=QFormat(2, 0),
        weights=np.random.default_rng(2).integers(-2, 2, (5, 3)), biases=np.array([1, -1, 0]),
        activation=integer_activation("linear", scores, scores),
    )  # fmt: skip
    mean = GlobalAveragePool(Average(layer.output, means, 12), 5)
    nodes = (
        ModelNode("conv", ("x",), layer), ModelNode("mean", ("conv",), mean),
        ModelNode("dense", ("mean",), dense),
    )
    return IntegerModel("averaged", (ModelInput("x", layer.shape, layer.input),), nodes)


def net(rows=1, pooled=True) -> IntegerModel:
    """Two convolutions, a pool between them, and a dense layer."""
    shape, values = (8, rows, 3), QFormat(3, 0)
    first = narrow(shape, values, (3, rows), 4, seed=1)
    nodes = [ModelNode("conv1", ("x",), first)]
    taken = first.output_shape
    if pooled:
        pool = Pool((2, 1))
        taken = (4, *taken[1:])
        nodes.append(ModelNode("pool", ("conv1",), MaxPool(first.output, pool, taken)))
    second = narrow(taken, first.output, (2, 1), 3, seed=2)
    nodes.append(ModelNode("conv2", (nodes[-1].name,), second))
    count = math.prod(second.output_shape)
    nodes.append(ModelNode("flatten", ("conv2",), Flatten(second.output, count)))
    random = np.random.default_rng(3)
    scores = QFormat(11, 0)
    nodes.append(ModelNode("dense", ("flatten",), Dense(
        input=second.output, weight=QFormat(2, 0), accumulator=scores, bias=QFormat(2, 0),
        weights=random.integers(-2, 2, (count, 2)), biases=random.integers(-2, 2, 2),
        activation=integer_activation("linear", scores, scores),
    )))  # fmt: skip
    return IntegerModel("net", (ModelInput("x", shape, values),), tuple(nodes))


def narrow(shape, values: QFormat, kernel, filters: int, seed: int) -> Conv2d:
    """A convolution whose outputs have three bits."""
    random = np.random.default_rng(seed)
    wide, output = QFormat(10, values.fraction), QFormat(3, 0, signed=False)
    return Conv2d(
        shape=shape, input=values, weight=QFormat(2, 0), accumulator=wide, bias=QFormat(2, 0),
        weights=random.integers(-2, 2, (*kernel, shape[2], filters)),
        biases=random.integers(-2, 2, filters),
        activation=integer_activation("relu", QFormat(10, values.fraction), output),
    )  # fmt: skip


def heaps_of(plan: DecoderPlan) -> list[ConvolutionHeapPlan]:
    return [each for each in plan.layers.values() if isinstance(each, ConvolutionHeapPlan)]


@pytest.mark.parametrize(("interval", "rows"), swept_cases([(None, 1), (40, 1), (None, 2)], 3))
def test_a_decoder_whose_convolutions_are_heaps(interval, rows):
    model = net(rows)
    plan = convolution_heaps(model, None, interval)
    assert len(heaps_of(plan)) == 2
    if rows == 1:
        # Pools take whole columns, too; the dense layer needs a cycle between frames.
        assert plan.frame_cycles == 8 + 1 + 1 if interval is None else plan.frame_cycles <= interval
    assert {heap.planes for heap in heaps_of(plan)} <= ({1} if interval is None else {1, 2, 3})
    check_decoder(Decoder(plan), random_frames(np.random.default_rng(2), model, 9))


def test_longer_intervals_take_fewer_luts():
    luts = [
        sum(heap.luts for heap in heaps_of(convolution_heaps(net(), None, interval)))
        for interval in (10, 17, 25)
    ]
    assert luts == sorted(luts, reverse=True)
    assert luts[0] > luts[-1]


def test_choices_survive_their_file(tmp_path):
    model = net()
    made = convolution_heaps(model, None, 30)
    Design.of(made, None).save(tmp_path / "design.json")
    assert Design.load(tmp_path / "design.json").plan(model).stages == made.stages


@pytest.mark.parametrize("number", swept((0, 1, 5, 7, 6, 2, 4), 2))
def test_random_networks(number):
    drawn = random_heap_columns(np.random.default_rng([17, number]))
    x_raw = random_frames(np.random.default_rng(5), drawn.model, 5)
    check_decoder(Decoder(drawn.plan), x_raw)


def test_they_are_chosen_where_nothing_else_is_as_fast():
    model, family = net(), get("xc7")
    asked = design_decoder(model, datapath="heap", interval_cycles=10)
    plan = design_decoder(model, interval_cycles=10, family=family)
    assert heaps_of(plan)
    assert plan.frame_cycles <= 10
    assert decoder_area(plan, family).lut <= decoder_area(asked, family).lut
    check_decoder(Decoder(plan), random_frames(np.random.default_rng(2), model, 5))
    # Of a family without compressors, what is folded is all that there is.
    with pytest.raises(InputError, match="expected an interval that its layers together can reach"):
        design_decoder(model, interval_cycles=5, family=get("ice40"))
    with pytest.raises(InputError, match="which is 8 cycles or more for conv1, got 7"):
        design_decoder(model, interval_cycles=7, family=family)


def test_they_are_not_chosen_where_others_are_cheaper():
    family, layer = get("xc7"), convolution((20, 1, 8), (5, 1), 12)
    model = IntegerModel(
        "net", (ModelInput("x", layer.shape, layer.input),),
        (ModelNode("conv", ("x",), layer),
         ModelNode("flatten", ("conv",), Flatten(layer.output, 240))),
    )  # fmt: skip
    assert not heaps_of(design_decoder(model, interval_cycles=9000, family=family))
    assert not heaps_of(design_decoder(model, foldings=[Folding(1, 1)], family=family))
    assert not heaps_of(design_decoder(model, family=family))


def test_more_luts_never_make_a_slower_decoder():
    family, latencies = get("xc7"), []
    for most in (500, 800, 1_200, 5_000, 50_000):
        plan = design_decoder(averaged(), max_lut=most, family=family)
        assert decoder_area(plan, family).lut <= most
        latencies.append(plan.latency_cycles)
    assert latencies == sorted(latencies, reverse=True)
    assert heaps_of(plan)
    assert latencies[-1] < latencies[0] / 2


def test_a_latency_beside_an_interval_is_refused_only_where_there_is_none():
    model, family = averaged(), get("xc7")
    alone = design_decoder(model, interval_cycles=15, family=family)
    latency = alone.latency_at_pace(15)
    for most in (latency, latency + 30):
        plan = design_decoder(model, interval_cycles=15, latency_cycles=most, family=family)
        assert plan.frame_cycles <= 15
        assert plan.latency_at_pace(15) <= most
    with pytest.raises(InputError, match=r"expected a latency .* together") as error:
        design_decoder(model, interval_cycles=15, latency_cycles=5, family=family)
    least = int(re.search(r"which is (\d+) cycles or more, got 5;", str(error.value))[1])
    plan = design_decoder(model, interval_cycles=15, latency_cycles=least, family=family)
    assert plan.latency_at_pace(15) == least
    with pytest.raises(InputError, match=r"expected an interval .* which is (\d+) cycles") as error:
        design_decoder(model, interval_cycles=3, family=family)
    least = int(re.search(r"which is (\d+) cycles or more", str(error.value))[1])
    assert design_decoder(model, interval_cycles=least, family=family).frame_cycles == least


def test_what_there_are_no_heaps_of():
    wide = QFormat(20, 0)
    layer = replace(
        convolution((4, 1, 3), (3, 1), 2), input=QFormat(12, 0), weight=QFormat(7, 0),
        accumulator=wide, activation=integer_activation("linear", wide, wide),
    )  # fmt: skip
    layer = replace(layer, weights=9 * layer.weights)
    model = IntegerModel(
        "wide", (ModelInput("x", layer.shape, layer.input),),
        (ModelNode("conv", ("x",), layer),
         ModelNode("flatten", ("conv",), Flatten(layer.output, 8))),
    )  # fmt: skip
    with pytest.raises(InputError, match="--datapath heap: layer 'conv': expected at most"):
        convolution_heaps(model, None, None)
    plan = ConvolutionHeapPlan(convolution((4, 1, 3), (3, 1), 2), NAMES[0])
    with pytest.raises(ValueError, match="expected a form whose weights can be written, got heap"):
        plan.reloadable_too()


@pytest.mark.slow
@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_plan_tells_what_synthesis_counts(name, planes, tmp_path):
    """And the netlist equals the model."""
    layer, family = narrow((7, 2, 3), QFormat(3, 1), (3, 2), 3, seed=4), FAMILIES[name]
    count = math.prod(layer.output_shape)
    model = IntegerModel(
        "conv", (ModelInput("x", layer.shape, layer.input),),
        (ModelNode("conv", ("x",), layer),
         ModelNode("flatten", ("conv",), Flatten(layer.output, count))),
    )  # fmt: skip
    heap = ConvolutionHeapPlan(layer, name, planes)
    (tmp_path / "stage.v").write_text(to_verilog(component(heap), family=family))
    found = synthesise(tmp_path / "stage.v", family, tmp_path / "synthesis").resources
    assert (found.ff, found.dsp, found.bram) == (heap.flip_flops, 0, 0)
    if name == DEFAULT.name:
        assert found.lut == heap.luts
    else:
        assert 0.9 * heap.luts - 10 < found.lut < 1.02 * heap.luts + 10
    plan = DecoderPlan.chosen(model, {"conv": heap.choices})
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    x_raw = random_frames(np.random.default_rng(3), model, 20)
    checked = check_netlist(decoder, x_raw, model.compute(x_raw), tmp_path, stall_seed=7)
    assert (checked.vectors_checked, checked.first_mismatch) == (40, None)
    assert checked.back_to_back.latency_cycles == plan.latency_cycles
    assert checked.back_to_back.frame_cycles == plan.frame_cycles
