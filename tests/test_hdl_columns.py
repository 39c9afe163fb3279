"""Decoders of convolutions and pools: every layer's stream and all times are those of the model."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.parts.weight_loader import Command, Error
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.models import Architecture
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn
from build_decoder.models.rewrites import rewrite
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.layers.global_average_pool import GlobalAveragePool
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.fuzz import check_network
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_columns import ColumnNetwork, random_columns
from build_decoder.sim.synthesis import TARGETS, synthesise
from tests.architectures import random_network
from tests.fuzzed import check_decoder
from tests.reload_rig import changes, run_reloads, telling_frames
from tests.sweeps import swept, swept_cases

SEEDS = (3, 7, 9)


def quantised(architecture: Architecture, bits: int = 6) -> tuple[IntegerModel, np.ndarray]:
    """A model with random weights, and four windows for it: a loud one, then a quiet one."""
    network = rewrite(random_network(architecture), probabilities=False).network
    x = np.random.default_rng(1).uniform(-1, 1, (20, *network.inputs[0].shape))
    formats = {
        key: QFormat(found.integer, max(bits, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(network, x).items()
    }
    model = integer_model(network, formats)
    x[0], x[1] = np.sign(x[0]), x[1] / 64
    return model, model.quantise_input(x[:4].reshape(4, -1))


def like_tcn() -> Architecture:
    """Two convolutions along time, as ESCAPE-TCN, of nine samples from six contacts."""
    cuff = NerveCuff(rings=3, contacts=2, samples=9)
    return EscapeTcn(3, 0, (4, 3), 2, cuff=cuff).architecture("tcn")


def like_mini() -> Architecture:
    """Two branches, each with the contacts in an order of its own, as ESCAPE-NET Mini."""
    cuff = NerveCuff(rings=3, contacts=2, samples=9)
    return EscapeNet(2, 2, (4, 2), cuff=cuff).architecture("mini")


FOLDINGS = {
    "tcn": ({"conv1": (2, 1), "conv2": (3, 3)}, {"conv1": (24, 3), "conv2": (1, 1)}),
    "mini": (
        {"spatial_conv1": (2, 2), "temporal_conv1": (1, 2), "dense": (2, 1)},
        {"spatial_conv1": (16, 2), "temporal_conv1": (2, 1), "temporal_conv2": (8, 2)},
    ),
}


@cache
def model(name: str) -> tuple[IntegerModel, np.ndarray]:
    return quantised({"tcn": like_tcn, "mini": like_mini}[name]())


def plan(name: str, number: int) -> DecoderPlan:
    net, _ = model(name)
    dense = {node.name: (1, 1) for node in net.nodes if node.name.startswith(("dense", "classes"))}
    chosen = dense | FOLDINGS[name][number]
    return DecoderPlan.chosen(
        net, {name: {"folding": Folding(*each)} for name, each in chosen.items()}
    )


@pytest.mark.parametrize("number", swept([1, 0], 2))
@pytest.mark.parametrize("name", FOLDINGS)
def test_every_stream_of_a_network_like_those_of_the_paper(name, number):
    check_decoder(Decoder(plan(name, number)), model(name)[1])


@pytest.mark.slow
def test_means_take_no_blocks_from_layers_of_weights(tmp_path):
    """Synthesis uses the blocks that are planned, so that a plan of all there are fits."""
    architecture = EscapeFcn(2, 2, 2, cuff=NerveCuff(3, 2, 9)).architecture("fcn")
    net, _ = quantised(architecture, bits=9)
    weighted = [node.name for node in net.nodes if isinstance(node.layer, Conv2d | Dense)]
    assert any(isinstance(node.layer, GlobalAveragePool) for node in net.nodes)
    made = DecoderPlan.chosen(net, {name: {"folding": Folding(1, 1)} for name in weighted})
    planned = sum(made.layers[name].multipliers.blocks for name in weighted)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(made), family=ECP5))
    assert synthesise(tmp_path / "decoder.v", ECP5, tmp_path).resources.dsp == planned > 0


def test_a_model_says_in_which_order_its_inputs_come():
    rows = np.arange(6 * 9).reshape(6, 9)
    for name, columns in (("tcn", rows.ravel()), ("mini", rows.T.ravel())):
        interface = Interface.of_model(model(name)[0])
        np.testing.assert_array_equal(interface.in_order(rows.ravel()), columns)


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
def test_netlist_of_a_network_like_mini(family, tmp_path):
    made, (net, x) = plan("mini", 0), model("mini")
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(made), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", made.interface, family)
    check = check_netlist(decoder, x[:2], net.compute(x[:2]), tmp_path, stall_seed=5)
    assert (check.vectors_checked, check.mismatches) == (4, 0), check.first_mismatch


@pytest.mark.parametrize("seed", SEEDS)
def test_every_stream_of_random_networks(seed):
    found = check_network(4 * seed + 1, seed=2, samples=4, verilog=False)
    assert found.frames
    assert not found.mismatches, found.finding


def test_the_random_networks_have_all_that_there_is():
    drawn = [random_columns(np.random.default_rng(seed)) for seed in range(40)]
    kinds = [{type(node.layer).__name__ for node in network.model.nodes} for network in drawn]
    assert set.union(*kinds) == {
        "AveragePool", "Concat", "Conv2d", "Dense", "Flatten", "GlobalAveragePool", "MaxPool",
        "Stride",
    }
    assert any("MaxPool" not in each for each in kinds)
    folded = [
        choices["folding"].inputs_per_cycle
        for network in drawn
        for name, choices in network.choices.items()
        if name.startswith("conv")
    ]
    assert min(folded) == 1
    assert max(folded) > 20


def test_channels_that_do_not_fill_transfers_are_packed():
    """Six contacts, four at a time: a packer fills the second transfer of a step in part."""
    net, _ = model("tcn")
    chosen = {"conv1": {"folding": Folding(5, 1)}, "classes": {"folding": Folding(1, 1)}}
    with pytest.raises(ValueError, match="expected 1, 2, 3, 6, 12, 24 inputs a cycle, got 5"):
        DecoderPlan.chosen(net, chosen)
    small, x = quantised(EscapeTcn(2, 0, (3,), 3, cuff=NerveCuff(5, 1, 7)).architecture("tcn"))
    made = DecoderPlan.chosen(small, chosen | {"conv1": {"folding": Folding(3, 2)}})
    assert made.input.lanes == 1
    assert [stage.name for stage in made.stages][:2] == ["conv1.packer0", "conv1"]
    check_decoder(Decoder(made), x)


@pytest.mark.parametrize("name", FOLDINGS)
def test_plans_survive_their_file(name, tmp_path):
    made = plan(name, 0)
    Design.of(made, None).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(made.model)
    assert again.stages == made.stages


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, 41, 4))
def test_verilog(number):
    found = check_network(number, seed=1, samples=10, verilog=True)
    assert found.frames == 2 * 10
    assert not found.mismatches, found.finding


def reloadable(network: ColumnNetwork) -> DecoderPlan:
    """The plan of a network whose weights are any at all."""
    def any_weights(layer):
        if not layer.arrays:
            return layer
        return replace(layer, reach=Reach.any(layer.weight, layer.weights[..., 0].size))

    model = replace(
        network.model,
        nodes=tuple(replace(node, layer=any_weights(node.layer)) for node in network.model.nodes),
    )
    foldings = {
        name: {"folding": chosen["folding"]} for name, chosen in network.choices.items()
    }
    return DecoderPlan.chosen(model, foldings, reloadable=True)


@pytest.mark.parametrize(
    ("seed", "stalls"),
    swept_cases([(0, None), (3, 1), (6, None), (8, 2), (14, 3)], 3),
)
def test_images_are_loaded_while_frames_run(seed, stalls):
    random = np.random.default_rng([11, seed])
    plan = reloadable(random_columns(random))
    other = with_other_weights(plan.model)
    assert any(isinstance(node.layer, Conv2d) for node in plan.model.nodes)
    x = telling_frames(random, [plan.model, other], 5)
    decoder = ReloadableDecoder(plan)
    image = decoder.images.image(other)
    assert decoder.images.model(image).fingerprint() == other.fingerprint()

    async def script(host):
        await host.loaded(image)
        await host.wait(2 * decoder.latency_cycles)
        assert await host.command(Command.VERIFY) is Error.NONE
        assert await host.command(Command.ROLLBACK) is Error.NONE
        assert host.fingerprint == plan.model.fingerprint()

    y = run_reloads(decoder, x, script, seed=stalls)
    assert len(changes(y, x, [plan.model, other, plan.model])) == 2


def test_an_image_of_a_kernel_of_another_shape_is_another_layout():
    # As many weights, in as many sums.
    layouts = [
        reloadable(_one_convolution(kernel)).image_layout.layout_id for kernel in ((3, 1), (1, 3))
    ]
    assert layouts[0] != layouts[1]


def _one_convolution(kernel: tuple[int, int]) -> ColumnNetwork:
    random = np.random.default_rng(0)
    narrow, wide = QFormat(4, 0), QFormat(10, 0)
    conv = Conv2d(
        shape=(4, 4, 1), input=narrow, weight=narrow, accumulator=wide, bias=narrow,
        weights=random.integers(-8, 8, (*kernel, 1, 2)), biases=random.integers(-8, 8, 2),
        activation=integer_activation("linear", wide, narrow),
    )
    nodes = (
        ModelNode("conv", ("x",), conv), ModelNode("flatten", ("conv",), Flatten(narrow, 32)),
    )
    model = IntegerModel("one", (ModelInput("x", (4, 4, 1), narrow),), nodes)
    return ColumnNetwork(model, {"conv": {"folding": Folding(1, 1)}})
