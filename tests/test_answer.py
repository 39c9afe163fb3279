"""Decoders that answer with a decision: the model, its hardware, the driver and the command."""

import json
from dataclasses import replace

import numpy as np
import pytest
from boards_rig import sums_model
from bus_model import BusModel

from build_decoder.__main__ import main
from build_decoder.boards.driver.decoder import Decoder as Driver
from build_decoder.boards.pynq.bus_decoder import BusDecoder
from build_decoder.boards.pynq_z1 import BOARD as PYNQ
from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.families import get
from build_decoder.hdl.layers.decision.plan import DecisionPlan
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.design_front import design_front
from build_decoder.hdl.planning.interface import Interface
from build_decoder.model_file import load_model, save_model
from build_decoder.models import Architecture, Input, Network, Node, save_network
from build_decoder.models.errors import InputError
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.task import Kind, Task
from build_decoder.options import HardwareOptions
from build_decoder.pareto import find_front
from build_decoder.quant.answer import answering, check_answer
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layers.decision import Decision
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.random_networks import random_frames, random_network
from tests.architectures import random_network as random_weights
from tests.fuzzed import check_decoder
from tests.test_boards_driver import ModelPort, patient
from tests.test_hdl_columns import model as columns_model
from tests.test_hdl_decoder import model as chain_model

XC7 = get("xc7")


def classifier(seed: int) -> tuple[IntegerModel, np.ndarray]:
    """A random chain of several outputs, at times of few bits, so that scores are equal often."""
    for number in range(100):
        random = np.random.default_rng([seed, number])
        model = random_network(random).model
        if model.output_count > 1:
            return model, random_frames(random, model, 12)
    raise AssertionError("no network of several outputs")


def network(*layers) -> Network:
    """A network of 5 inputs with random weights."""
    nodes = [
        Node(f"layer{n}", (f"layer{n - 1}" if n else "x",), layer) for n, layer in enumerate(layers)
    ]
    return random_weights(Architecture("net", (Input("x", (5,)),), tuple(nodes)))


@pytest.mark.parametrize("seed", range(4))
def test_the_answer_is_the_first_of_the_largest(seed, tmp_path):
    model, x = classifier(seed)
    decides = answering(model, "decision")
    scores = model.compute(x)
    first = [next(n for n, score in enumerate(row) if score == max(row)) for row in scores]
    np.testing.assert_array_equal(decides.compute(x)[:, 0], first)
    assert decides.output_count == 1
    assert 2 ** (decides.output_format.width - 1) < model.output_count
    assert model.output_count <= 2**decides.output_format.width
    assert decides.fingerprint() != model.fingerprint()
    save_model(decides, tmp_path)
    assert load_model(tmp_path).fingerprint() == decides.fingerprint()
    assert answering(model, "scores") is model


@pytest.mark.parametrize("seed", range(4))
def test_hardware_decides_as_the_model_does(seed):
    model, x = classifier(seed)
    plan = design_decoder(answering(model, "decision"), family=get("xc7"))
    assert plan.output_beats == 1
    check_decoder(Decoder(plan), x)
    scores = design_decoder(model, family=get("xc7"))
    assert plan.latency_cycles == scores.latency_cycles + 1


def test_targets_choose_foldings_with_it(tmp_path):
    model, x = classifier(0)
    decides = answering(model, "decision")
    # A family that bit heaps are not made for.
    family = get("ice40")
    slow = design_decoder(decides, family=family)
    fast = design_decoder(decides, family=family, latency_cycles=slow.latency_cycles - 3)
    assert fast.latency_cycles <= slow.latency_cycles - 3
    check_decoder(Decoder(fast), x)
    Design.of(fast, family).save(tmp_path / "design.json")
    entries = json.loads((tmp_path / "design.json").read_text())
    assert entries["layers"][-1] == {"name": "decision", "type": "decision"}
    assert entries["interface"]["classes"] == model.output_count
    assert Design.load(tmp_path / "design.json").plan(decides).stages == fast.stages


def test_a_decision_behind_an_engine(tmp_path):
    net, x = columns_model("mini")
    decides = answering(net, "decision")
    plan = design_decoder(decides, family=get("xc7"), interval_cycles=20_000)
    assert [type(stage.plan) for stage in plan.stages[-2:]] == [EnginePlan, DecisionPlan]
    Design.of(plan, get("xc7")).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(decides)
    assert again.interface == plan.interface
    assert [stage.name for stage in again.stages] == [stage.name for stage in plan.stages]
    got, *_ = simulate_amaranth(Decoder(again), x)
    np.testing.assert_array_equal(got, net.compute(x).argmax(axis=1)[:, None])


def test_names_of_layers_are_not_taken_twice():
    model, _ = classifier(1)
    *before, last = model.nodes
    named = replace(model, nodes=(*before, replace(last, name="decision")))
    names = [node.name for node in answering(named, "decision").nodes]
    assert names[-2:] == ["decision", "decision_"]


@pytest.mark.parametrize("kinds", [
    (Kind.REGRESSION,), (Kind.LABELS,), (Kind.CLASSES, Kind.REGRESSION),
])
def test_other_tasks_are_refused(kinds):
    task, net = Task(kinds, (0.5, 0.5)), network(Dense(2, "linear"))
    with pytest.raises(InputError, match="--answer decision: expected the task classes, got"):
        check_answer("decision", task, net)
    check_answer("scores", task, net)
    check_answer("decision", Task((Kind.CLASSES,)), net)


def test_probabilities_are_those_of_a_softmax():
    task = Task((Kind.CLASSES,))
    check_answer("probabilities", task, network(Dense(2, "linear"), Softmax()))
    with pytest.raises(InputError, match="expected a network that ends in a softmax, got layer"):
        check_answer("probabilities", task, network(Dense(2, "linear")))


def test_weights_that_are_written_come_with_scores():
    with pytest.raises(InputError, match="--answer decision: expected it without --reloadable"):
        HardwareOptions(reloadable=True, answer="decision")


@pytest.mark.parametrize("answer", ["scores", "decision"])
def test_the_driver_decides_either_way(answer):
    model, x_raw = classifier(2)
    given = answering(model, answer)
    expected = model.compute(x_raw).argmax(axis=1)
    driver = patient(ModelPort(given), given)
    x = model.input_format.to_real(x_raw)
    got = driver.decide(x)
    assert got.dtype == np.int64
    np.testing.assert_array_equal(got, expected)
    assert driver.decide(x[0]) == expected[0]
    assert driver.infer(x).shape == (len(x), given.output_count)


def test_a_single_score_is_no_class():
    model = sums_model(outputs=1)
    port = ModelPort(model)
    driver = Driver(port, Interface.of_model(model))
    with pytest.raises(InputError, match="sums: expected a decoder of classes, got one of a sin"):
        driver.decide(np.zeros((1, model.input_count)))
    assert port.requests == 0


@pytest.mark.parametrize("count", [1, 40])
def test_the_driver_of_pynq_decides(count):
    model = BusModel(outputs=3, output_format=QFormat(6, 4))
    random = np.random.default_rng(0)
    format = model.interface.input_format
    x_raw = random.integers(format.min_raw, format.max_raw + 1, (count, 6))
    decoder = BusDecoder(model, model.known, allocate=model.allocate)
    expected = model.model.compute(x_raw).argmax(axis=1)
    np.testing.assert_array_equal(decoder.decide(format.to_real(x_raw)), expected)


def test_interfaces_tell_their_classes(tmp_path):
    model, _ = classifier(3)
    for answer, classes in (("scores", None), ("decision", model.output_count)):
        interface = Interface.of_model(answering(model, answer))
        assert interface.classes == classes
        interface.save(tmp_path / "interface.json")
        assert Interface.load(tmp_path / "interface.json") == interface


@pytest.mark.slow
def test_a_build_that_decides(tmp_path):
    given = ["--network", "tiny", "--board", "icebreaker", "--stop-after", "simulate"]
    assert main([*given, "--answer", "decision", "--output", str(tmp_path / "build")]) == 0
    report = json.loads((tmp_path / "build" / "report.json").read_text())
    assert report["answer"] == "decision"
    assert report["mismatches"] == 0
    assert report["built_topology"].endswith(f"-{load_model(tmp_path / 'build').classes}")
    with np.load(tmp_path / "build" / "expected.npz") as expected:
        assert expected["y_raw"].shape[1] == 1


@pytest.mark.parametrize("answer", ["scores", "decision", "probabilities"])
def test_builds_of_a_network_that_ends_in_a_softmax(answer, tmp_path):
    net = network(Dense(4, "relu"), Dense(3, "linear"), Softmax())
    save_network(net, tmp_path / "net")
    x = np.random.default_rng(0).uniform(-2, 2, (300, 5))
    np.savez(tmp_path / "net" / "golden.npz", x=x, y=net.forward(x))
    build = tmp_path / "build"
    given = ["--network", str(tmp_path / "net"), "--task", "classes", "--stop-after", "rtl"]
    assert main([*given, "--answer", answer, "--output", str(build)]) == 0
    report, model = json.loads((build / "report.json").read_text()), load_model(build)
    assert report["answer"] == answer
    got = model.dequantise_output(model.compute(model.quantise_input(x)))
    kept = np.mean((got[:, 0] if answer == "decision" else got.argmax(axis=1))
                   == net.forward(x).argmax(axis=1))
    assert kept > 0.97
    assert (got.max() <= 1.1) == (answer == "probabilities") or answer == "decision"
    if answer == "probabilities":
        assert report["tasks_kept"] == ["classes", "regression"]
        np.testing.assert_allclose(got, net.forward(x), atol=0.05)


@pytest.mark.parametrize(
    ("answer", "arithmetic"), [("scores", "fixed"), ("decision", "fixed"), ("decision", "fp16")]
)
def test_builds_of_attention_divide_for_scores_and_in_floats(answer, arithmetic, tmp_path):
    nodes = (
        Node("a", ("x",), Attention()), Node("h", ("a",), Dense(4, "relu")),
        Node("y", ("h",), Dense(3, "linear")), Node("p", ("y",), Softmax()),
    )
    net = random_weights(Architecture("net", (Input("x", (3, 2)),), nodes))
    save_network(net, tmp_path / "net")
    x = np.random.default_rng(0).uniform(-2, 2, (120, 6))
    np.savez(tmp_path / "net" / "golden.npz", x=x, y=net.forward(x))
    build = tmp_path / "build"
    given = ["--network", str(tmp_path / "net"), "--task", "classes", "--stop-after", "quantise"]
    given += ["--answer", answer, "--arithmetic", arithmetic]
    assert main([*given, "--output", str(build)]) == 0
    report, model = json.loads((build / "report.json").read_text()), load_model(build)
    rewrites = [each["name"] for each in report["rewrites"]]
    decides = answer == "decision"
    sums = decides and arithmetic == "fixed"
    assert rewrites == (["softmax", "division"] if sums else ["softmax"])
    kind = "AttentionSums" if sums else "Attention"
    assert type(model.nodes[0].layer).__name__.removeprefix("Float") == kind
    # Decisions are judged against those of the network as it was given.
    wanted = net.forward(x).argmax(axis=1)
    got = model.dequantise_output(model.compute(model.quantise_input(x)))
    kept = np.mean((got[:, 0] if decides else got.argmax(axis=1)) == wanted)
    assert kept > 0.97
    held_out = np.load(build / "golden.npz")["held_out"]
    assert report["quality"]["held_out"]["agreements"] == [
        np.mean((got[:, 0] if decides else got.argmax(axis=1))[held_out] == wanted[held_out])
    ]


def dense_chain_model():
    return chain_model((12, 6, 3), ("sigmoid", "linear"))


@pytest.mark.parametrize("lut", [300, 500])
def test_luts_of_the_decision_are_within_the_limit(lut):
    model = answering(dense_chain_model(), "decision")
    plan = design_decoder(model, max_lut=lut, family=XC7)
    assert decoder_area(plan, XC7).lut <= lut


def test_the_cycle_of_the_decision_is_within_the_latency():
    scores = dense_chain_model()
    model = answering(scores, "decision")
    fastest = design_front(scores, family=XC7)[0].latency_cycles
    auto = [None, None]
    plan = design_decoder(model, latency_cycles=fastest + 1, family=XC7, datapath=auto)
    assert plan.latency_cycles == fastest + 1
    told = f"which is {fastest} cycles or more, got {fastest - 1}, beside 1 cycle and"
    with pytest.raises(InputError, match=told):
        design_decoder(model, latency_cycles=fastest, family=XC7, datapath=auto)
    # Bit heaps are faster.
    assert design_decoder(model, latency_cycles=fastest, family=XC7).latency_cycles <= fastest


def test_the_front_of_decoders_that_decide_is_that_of_their_scores():
    scores = dense_chain_model()
    fronts = [
        find_front(model, HardwareOptions(), PYNQ, 100.0)
        for model in (scores, answering(scores, "decision"))
    ]
    latencies = [[point.design.latency_cycles for point in front] for front in fronts]
    assert [cycles + 1 for cycles in latencies[0]] == latencies[1]


def test_nothing_but_a_decision():
    """Its input is a vector of scores."""
    format = QFormat(3, 2)
    node = ModelNode("decision", ("x",), Decision(format, 4))
    model = IntegerModel("choose", (ModelInput("x", (4,), format),), (node,))
    plan = design_decoder(model, family=XC7)
    x_raw = np.random.default_rng(0).integers(-8, 8, (20, 4))
    check_decoder(Decoder(plan), x_raw)
