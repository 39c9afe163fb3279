"""Convolutions whose inputs are added to open sums: every folding, times, networks, weights that
are written."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.layers.conv2d.plan import Conv2dPlan
from build_decoder.hdl.layers.conv2d.scatter.plan import ScatterPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS
from tests.fuzzed import check_decoder
from tests.reload_rig import changes, run_reloads, telling_frames
from tests.stage_rig import check_control, component
from tests.test_hdl_columns import like_tcn, quantised
from tests.test_hdl_conv2d import check, convolution

SHAPES = {
    "more columns than a window": ((7, 1, 3), (3, 1), 3),
    "an even window": ((5, 1, 2), (4, 1), 2),
    "a window larger than the image": ((2, 1, 2), (5, 1), 1),
    "one column": ((1, 1, 3), (4, 1), 2),
    "one tap": ((4, 1, 2), (1, 1), 3),
    "one value": ((1, 1, 1), (1, 1), 1),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_folding(name):
    shape, kernel, filters = SHAPES[name]
    layer = convolution(shape, kernel, filters)
    for plan in ScatterPlan.options(layer, (shape,)):
        check(plan, seeds=(None,))
        check(plan.giving(2), seeds=(3,))


@pytest.mark.parametrize(("inputs", "filters"), [(1, 1), (1, 2), (2, 3), (3, 1), (3, 3)])
def test_control_while_others_stall(inputs, filters):
    layer = convolution((4, 1, 3), (3, 1), 3)
    plan = ScatterPlan(layer, Folding(inputs, filters), 1)
    check_control(component(plan), (1, 1), (1, 0.5), (0.5, 1), (0.5, 0.5))


def test_times():
    """Each block is multiplied with all taps, and after the last one only its own outputs leave."""
    layer = convolution((20, 1, 8), (5, 1), 4)
    plan = ScatterPlan(layer, Folding(1, 2), 2)
    block, columns = 5 * 2, 20
    assert plan.times.interval == columns * 8 * block
    # The last block's three columns that are inside, then product, sum, and the drain.
    behind = plan.neurons.sums_latency + plan.neurons.drain_latency
    assert plan.times.latency == (columns * 8 - 1) * block + 3 * 2 + behind - 1
    # One output a cycle holds up the end of a frame by what does not fit into the places there are.
    narrow = ScatterPlan(layer, Folding(1, 2), 1)
    assert narrow.times.latency == plan.times.latency + 3 * 2
    assert block > narrow.times.interval - plan.times.interval >= 0


def test_layers_that_there_is_no_scatter_for():
    layer = convolution((4, 2, 3), (3, 1), 2)
    with pytest.raises(ValueError, match="of 1 row for scatter, got 2 and 1"):
        ScatterPlan(layer, Folding(1, 1), 1)
    assert not list(ScatterPlan.options(layer, (layer.shape,)))
    with pytest.raises(ValueError, match="of 1 row for scatter, got 1 and 2"):
        ScatterPlan(convolution((4, 1, 3), (3, 2), 2), Folding(1, 1), 1)
    with pytest.raises(ValueError, match="expected 1, 2, 3 inputs a cycle for scatter, got 6"):
        ScatterPlan(convolution((4, 1, 3), (3, 1), 2), Folding(6, 1), 1)


def test_choices_survive_their_file(tmp_path):
    net, _ = quantised(like_tcn())
    chosen = {
        "conv1": {"form": "scatter", "folding": Folding(2, 3)},
        "conv2": {"folding": Folding(1, 1)},
        "classes": {"folding": Folding(1, 1)},
    }
    made = DecoderPlan.chosen(net, chosen)
    assert [type(made.layers[name]) for name in ("conv1", "conv2")] == [ScatterPlan, Conv2dPlan]
    Design.of(made, None).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(net)
    assert again.stages == made.stages


@pytest.mark.parametrize("foldings", [((1, 2), (3, 3)), ((6, 3), (1, 1))])
def test_every_stream_of_a_network_like_escape_tcn(foldings):
    """Four windows, of which a loud one comes before a quiet one."""
    net, x = quantised(like_tcn())
    chosen = {"classes": {"folding": Folding(1, 1)}}
    for name, folding in zip(("conv1", "conv2"), foldings, strict=True):
        chosen[name] = {"form": "scatter", "folding": Folding(*folding)}
    check_decoder(Decoder(DecoderPlan.chosen(net, chosen)), x)


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
@pytest.mark.slow
def test_netlist_equals_the_model(family, tmp_path):
    net, x = quantised(like_tcn())
    scatter = {"form": "scatter", "folding": Folding(1, 2), "multipliers": Multipliers(packed=1)}
    other = scatter | {"folding": Folding(3, 3), "multipliers": Multipliers(dsp=6, lut=3)}
    plan = DecoderPlan.chosen(
        net, {"conv1": scatter, "conv2": other, "classes": {"folding": Folding(1, 1)}}
    )
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    found = check_netlist(decoder, x, net.compute(x), tmp_path, stall_seed=7)
    assert (found.vectors_checked, found.first_mismatch) == (2 * len(x), None)
    assert found.back_to_back.latency_cycles == plan.latency_cycles
    assert found.back_to_back.frame_cycles == plan.frame_cycles


def writable_model() -> IntegerModel:
    """A convolution and a dense layer whose sums hold those of any weights."""
    random = np.random.default_rng(4)
    x, weight, bias = QFormat(4, 0, signed=False), QFormat(1, 4), QFormat(2, 4)
    conv = Conv2d(
        shape=(6, 1, 3), input=x, weight=weight, accumulator=QFormat(9, 2), bias=bias,
        weights=random.integers(weight.min_raw, weight.max_raw + 1, (4, 1, 3, 2)),
        biases=random.integers(bias.min_raw, bias.max_raw + 1, 2),
        activation=integer_activation("relu", QFormat(9, 2), QFormat(6, 1, signed=False)),
        reach=Reach.any(weight, 12),
    )  # fmt: skip
    dense = Dense(
        input=conv.output, weight=weight, accumulator=QFormat(12, 3), bias=bias,
        weights=random.integers(weight.min_raw, weight.max_raw + 1, (12, 2)),
        biases=random.integers(bias.min_raw, bias.max_raw + 1, 2),
        activation=integer_activation("linear", QFormat(12, 3), QFormat(12, 3)),
        reach=Reach.any(weight, 12),
    )  # fmt: skip
    nodes = (
        ModelNode("conv", ("x",), conv),
        ModelNode("flatten", ("conv",), Flatten(conv.output, 12)),
        ModelNode("dense", ("flatten",), dense),
    )
    return IntegerModel("writable", (ModelInput("x", conv.shape, x),), nodes)


FOLDINGS = [(1, 1), (1, 2), (2, 1), (3, 2)]


@pytest.mark.parametrize("folding", FOLDINGS)
def test_memories_hold_all_weights(folding):
    (layer,) = [n.layer for n in writable_model().nodes if n.name == "conv"]
    plan = ScatterPlan(layer, Folding(*folding), 1).reloadable_too()
    held = plan.holding(plan.contents(layer))
    np.testing.assert_array_equal(held.weights, layer.weights)
    np.testing.assert_array_equal(held.biases, layer.biases)


def test_constants_cannot_be_written():
    plan = ScatterPlan(convolution((4, 1, 3), (3, 1), 2), Folding(1, 1), 1)
    with pytest.raises(ValueError, match="got constants"):
        plan.reloadable_too()


@pytest.mark.parametrize("folding", FOLDINGS)
def test_weights_are_loaded_while_frames_run(folding):
    """Products with what is behind the image go on when a frame's outputs have left."""
    built = writable_model()
    models = [built, _other(built, 1), _other(built, 2)]
    plan = DecoderPlan.chosen(
        built,
        {
            "conv": {"form": "scatter", "folding": Folding(*folding)},
            "dense": {"folding": Folding(1, 2)},
        },
        reloadable=True,
    )
    decoder = ReloadableDecoder(plan)
    x = telling_frames(np.random.default_rng(0), models, 7)

    async def script(host):
        for model in models[1:]:
            await host.loaded(decoder.images.image(model))
            await host.wait(2 * decoder.latency_cycles)

    y = run_reloads(decoder, x, script)
    assert len(changes(y, x, models)) == 2


def _other(built: IntegerModel, seed: int) -> IntegerModel:
    random = np.random.default_rng(seed)

    def drawn(layer):
        if not layer.arrays:
            return layer
        formats = {"weights": layer.weight, "bias": layer.bias}
        return layer.with_arrays({
            name: random.integers(
                formats[name].min_raw, formats[name].max_raw + 1, layer.arrays[name].raw.shape
            )
            for name in formats
        })

    return replace(
        built, nodes=tuple(replace(node, layer=drawn(node.layer)) for node in built.nodes)
    )
