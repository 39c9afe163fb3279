"""Decoders with branches: values and times are those of model and plan, whatever is stalled."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.layers.add.plan import AddPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.walk import Walk
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layers.add import Add, Total
from build_decoder.quant.layers.concat import Concat
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.amaranth_runner import AmaranthBench, simulate_amaranth
from build_decoder.sim.random_graphs import random_graph
from build_decoder.sim.random_networks import random_frames
from tests.sweeps import swept
from tests.test_hdl_decoder import model

SEEDS = (0, 1, 2, 3, 5, 6, 10, 11)


@cache
def drawn(seed: int):
    return random_graph(np.random.default_rng(seed), name=f"graph_{seed}")


@pytest.mark.parametrize("seed", swept(SEEDS, 2))
def test_random_branches(seed):
    network = drawn(seed)
    x = random_frames(np.random.default_rng(seed), network.model, 8)
    bench = AmaranthBench(Decoder(network.plan))
    y, latency, interval = bench.run(x)
    np.testing.assert_array_equal(y, network.model.compute(x))
    assert (latency, interval) == (network.plan.latency_cycles, network.plan.frame_cycles)
    y, *_ = bench.run(x, stall_seed=seed)
    np.testing.assert_array_equal(y, network.model.compute(x))


def test_the_random_branches_have_all_that_there_is():
    stages = [stage for seed in SEEDS for stage in drawn(seed).plan.stages]
    assert {type(stage.plan).__name__ for stage in stages} == {
        "AddPlan", "DensePlan", "ConcatPlan", "ForkPlan", "FifoPlan", "PackerPlan"
    }
    assert {len(drawn(seed).model.inputs[0].shape) for seed in SEEDS} == {1, 2}
    joins = [stage.plan for stage in stages if len(stage.inputs) > 1]
    assert {len(join.inputs) > 2 for join in joins} == {True, False}
    assert any(len({part.format for part in join.inputs}) > 1 for join in joins)


@pytest.mark.parametrize("seed", SEEDS)
def test_plans_survive_their_file(seed, tmp_path):
    network = drawn(seed)
    Design.of(network.plan, None).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(network.model)
    assert again.stages == network.plan.stages


def layers(*sizes):
    """Dense layers of (inputs, units), all of one format in, and of another one out."""
    return [model(size, ("linear",)).layers[0] for size in sizes]


def two_branches(first, second, last, *, shape=(6,)) -> IntegerModel:
    """``x`` into ``a`` and ``b``, and both into ``y``; time steps of ``x`` are flattened first."""
    both = Concat((first.output, second.output), (first.units + second.units,))
    flat = ModelNode("flat", ("x",), Flatten(first.input, 6))
    source = "flat" if len(shape) > 1 else "x"
    nodes = (
        ModelNode("a", (source,), first),
        ModelNode("b", (source,), second),
        ModelNode("both", ("a", "b"), both),
        ModelNode("y", ("both",), last),
    )
    return IntegerModel(
        "test", (ModelInput("x", shape, first.input),), (flat, *nodes) if source != "x" else nodes
    )


def small(**options) -> IntegerModel:
    # The last layer takes what the others put out.
    first, second = layers((6, 4), (6, 2))
    last = model((1, 6, 3), ("linear", "linear")).layers[1]
    return two_branches(first, second, last, **options)


def test_forks_and_fifos_are_where_branches_need_them():
    plan = DecoderPlan.of(small(), [Folding(1, 4), Folding(1, 2), Folding(1, 3)])
    # Both branches give their outputs at once, and the second waits while the first is taken.
    assert [(stage.name, stage.inputs) for stage in plan.stages] == [
        ("x.fork", (Port("x"),)),
        ("a", (Port("x.fork", 0),)),
        ("b", (Port("x.fork", 1),)),
        ("both", (Port("a"), Port("b"))),
        ("y", (Port("both"),)),
    ]


def test_lanes_are_those_that_all_agree_on():
    plan = DecoderPlan.of(small(), [Folding(2, 4), Folding(2, 2), Folding(2, 3)])
    assert plan.input.lanes == 2
    assert [plan.layers[name].output.lanes for name in ("a", "b", "both", "y")] == [2, 2, 2, 1]
    plan = DecoderPlan.of(small(), [Folding(2, 3), Folding(3, 2), Folding(4, 3)])
    # Takers of the input differ, and three neurons at a time do not give transfers of four.
    assert plan.input.lanes == 1
    assert {stage.name for stage in plan.stages if "packer" in stage.name} == {
        "a.packer0", "b.packer0", "both.packer0"
    }


@pytest.mark.parametrize(("inputs", "lanes"), [(1, 1), (2, 2), (3, 1), (6, 1)])
def test_time_steps_are_flattened_by_wires(inputs, lanes):
    net = small(shape=(3, 2))
    plan = DecoderPlan.of(net, [Folding(inputs, 4), Folding(inputs, 2), Folding(1, 3)])
    assert "flat" not in plan.layers
    # A transfer has values of one time step only.
    assert (plan.input.count, plan.input.lanes) == (6, lanes)
    x = random_frames(np.random.default_rng(0), net, 5)
    y, latency, interval = simulate_amaranth(Decoder(plan), x)
    np.testing.assert_array_equal(y, net.compute(x))
    assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)


def test_an_input_that_is_no_order_of_all_values_is_refused():
    net = small()
    first, *others = net.nodes
    again = replace(first, inputs=("again",))
    for walk, nodes, message in (
        (Walk(((6, 1),), 1), (again, *others), "each value of x once, got again"),
        (Walk(((2, 1), (3, 1))), (again, *others), "each value of x once, got again"),
        (Walk(((6, 1),)), net.nodes, "expected a layer that takes from again, got none"),
    ):
        other = ModelInput("again", (6,), net.input_format, of="x", walk=walk)
        twice = IntegerModel("test", (*net.inputs, other), nodes)
        with pytest.raises(ValueError, match=message):
            DecoderPlan.of(twice, [Folding(1, 1)] * 3)


def test_what_nothing_takes_is_refused():
    net = small()
    spare = ModelNode("spare", ("x",), net.nodes[0].layer)
    with pytest.raises(ValueError, match="expected a layer that takes from spare, got none"):
        DecoderPlan.of(
            IntegerModel("test", net.inputs, (spare, *net.nodes)), [Folding(1, 1)] * 4
        )


def test_an_input_with_transfers_filled_in_part_is_refused():
    """A reader of the interface would put values into the wrong lanes."""
    taken = Tensor((3, 2), QFormat(3, 1), 4)
    layer = Add(Total((taken.format, taken.format), QFormat(4, 1)), taken.shape)
    net = IntegerModel(
        "test", (ModelInput("x", taken.shape, taken.format),), (ModelNode("y", ("x", "x"), layer),)
    )
    stages = (
        Stage("x.fork", ForkPlan(taken, 2), (Port("x"),)),
        Stage("y", AddPlan(layer, 4), (Port("x.fork", 0), Port("x.fork", 1))),
    )
    with pytest.raises(ValueError, match="lanes that divide 2 values a time step, got 4"):
        DecoderPlan(net, stages)


def test_stages_that_do_not_belong_together():
    plan = DecoderPlan.of(small(), [Folding(1, 4), Folding(1, 2), Folding(1, 3)])
    fork, a, b, both, y = plan.stages
    for stages, message in (
        ((fork, a, b, both), "expected a stage for each layer, got none for y"),
        ((fork, a, b, y, both), "expected an output of a stage before y, taken once, got"),
        ((fork, a, a, b, both, y), "expected an output of a stage before a, taken once, got"),
    ):
        with pytest.raises(ValueError, match=message):
            DecoderPlan(plan.model, stages)
