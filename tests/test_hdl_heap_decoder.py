"""Decoders of bit heaps: in Amaranth's simulator, as files, and what is refused."""

from itertools import product

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.adapters.unpacker.plan import UnpackerPlan
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.heap.compressors import NAMES, compressors_of
from build_decoder.hdl.heap.stages import cells_of, heap_decoder, on_heap, with_single_outputs
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.errors import InputError
from build_decoder.options import HardwareOptions
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layers.decision import Decision
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.fuzz import compared
from build_decoder.sim.random_heaps import random_heaps
from build_decoder.sim.random_networks import random_frames
from tests import stage_rig
from tests.sweeps import swept, swept_cases
from tests.test_hdl_heap import dense_layer


def small_model(outputs=3):
    """Two layers: thresholds between them, and outputs of several bits."""
    random = np.random.default_rng(outputs)
    first = dense_layer(
        (QFormat(3, 0, signed=False), QFormat(1, 2), QFormat(4, 1), QFormat(2, 1), QFormat(2, 0),
         QFormat(0, 2, signed=False)),
        "sigmoid", random.integers(-4, 4, (9, 4)), random.integers(-2, 3, 4),
    )  # fmt: skip
    second = dense_layer(
        (first.output, QFormat(1, 2), QFormat(2, 2), QFormat(2, 1), QFormat(2, 2), QFormat(2, 2)),
        "linear", random.integers(-4, 4, (4, outputs)), random.integers(-2, 3, outputs),
    )  # fmt: skip
    return IntegerModel.chain("small", (first, second))


def deciding_model():
    model = small_model()
    layer = Decision(model.output_format, model.output_count)
    node = ModelNode("decision", (model.nodes[-1].name,), layer)
    return IntegerModel(model.name, model.inputs, (*model.nodes, node))


def checked(plan, frames=24):
    """Mismatches of values, latency and interval, without stalls and with."""
    x_raw = random_frames(np.random.default_rng(5), plan.model, frames)
    checks = compared(Decoder(plan), x_raw, 7)
    assert sum(check.frames for check in checks) >= 2 * frames
    return [check.finding for check in checks if check.mismatches]


@pytest.mark.parametrize("cells", NAMES)
def test_a_frame_a_cycle(cells):
    plan = on_heap(small_model(), cells)
    assert (plan.frame_cycles, plan.input_beats, plan.output_beats) == (1, 1, 1)
    assert plan.latency_cycles == plan.stages[0].plan.pipeline.registers
    assert plan.interface.output_lanes == 3
    assert checked(plan) == []


@pytest.mark.parametrize(("planes", "cells"), swept_cases(product((3, 2), NAMES), 3))
def test_a_frame_each_few_cycles(planes, cells):
    plan = on_heap(small_model(), cells, planes)
    heap = plan.stages[0].plan
    assert (plan.frame_cycles, plan.input_beats, plan.output_beats) == (planes, 1, 1)
    assert plan.latency_cycles == heap.latency == heap.pipeline.registers + planes - 1
    assert checked(plan) == []


def test_the_interval_is_the_most_that_may_pass():
    model = small_model()
    for interval in (1, 2, 3, 9):
        plan = heap_decoder(model, None, interval)
        luts = [on_heap(model, NAMES[0], planes).stages[0].plan.luts
                for planes in range(1, min(interval, 3) + 1)]
        assert plan.stages[0].plan.luts == min(luts)
        assert plan.frame_cycles <= interval
        again = design_decoder(model, datapath="heap", interval_cycles=interval)
        assert again.frame_cycles == plan.frame_cycles
    with pytest.raises(InputError, match="an interval .* which is 1 cycle or more, got 0"):
        design_decoder(model, datapath="heap", interval_cycles=0)


def test_single_outputs():
    model = small_model()
    plan = with_single_outputs(on_heap(model, NAMES[0]))
    assert (plan.frame_cycles, plan.output_beats, plan.interface.output_lanes) == (3, 3, 1)
    assert checked(plan, 12) == []
    # One output is single as it is.
    alone = on_heap(small_model(1), NAMES[0])
    assert with_single_outputs(alone) is alone


def test_decisions_are_made_at_once():
    plan = heap_decoder(deciding_model(), None)
    assert (plan.frame_cycles, plan.output_beats) == (1, 1)
    scores = heap_decoder(small_model(), None)
    assert plan.latency_cycles == scores.latency_cycles + 1
    assert checked(plan) == []


@pytest.mark.parametrize("number", swept((1, 0, 2, 4), 4))
def test_random_networks(number):
    drawn = random_heaps(np.random.default_rng([11, number]))
    assert checked(drawn.plan, 9) == []


@pytest.mark.parametrize("model", [small_model(), deciding_model()], ids=["scores", "decision"])
def test_a_design_makes_the_same_hardware_again(model, tmp_path):
    plan = heap_decoder(model, FAMILIES[NAMES[0]])
    Design.of(plan, FAMILIES[NAMES[0]]).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(model)
    assert again.interface == plan.interface
    assert [stage.name for stage in again.stages] == [stage.name for stage in plan.stages]
    heaps = [each.stages[0].plan for each in (plan, again)]
    assert heaps[0].graph.operations == heaps[1].graph.operations
    assert heaps[0].serves == ("layer1", "layer2")


def test_designs_tell_planes_and_older_ones_are_of_one(tmp_path):
    path = tmp_path / "design.json"
    for planes in (3, 1):
        plan = on_heap(small_model(), NAMES[1], planes)
        Design.of(plan, FAMILIES[NAMES[1]]).save(path)
        assert Design.load(path).plan(small_model()).stages[0].plan.planes == planes
    path.write_text(path.read_text().replace(', "planes": 1', ""))
    assert "planes" not in path.read_text()
    assert Design.load(path).plan(small_model()).stages[0].plan.planes == 1


def test_a_design_of_another_interface_is_refused(tmp_path):
    plan = heap_decoder(small_model(), None)
    path = tmp_path / "design.json"
    Design.of(plan, None).save(path)
    path.write_text(path.read_text().replace('"output_lanes": 3', '"output_lanes": 1'))
    with pytest.raises(InputError, match="interface: output_lanes: expected 3"):
        Design.load(path).plan(small_model(), source=path)


def test_families_without_compressors_take_the_default_ones():
    for family in (None, *FAMILIES.values()):
        name = cells_of(family)
        assert name == (family.name if family and family.name in NAMES else NAMES[0])
    for name in NAMES:
        assert compressors_of(name).name == name
        assert {"lut", "chain"} <= FAMILIES[name].parts.keys()
        assert ("pair" in FAMILIES[name].parts) == (compressors_of(name).pair_inputs > 0)
    with pytest.raises(ValueError, match="expected compressors of .*, got 'other'"):
        compressors_of("other")


def test_the_datapath_is_for_all_layers_and_nothing_else_is_chosen():
    model = small_model()
    for datapath in ("heap", ["heap", "heap"], ("heap",)):
        plan = design_decoder(model, datapath=datapath)
        assert [stage.plan.name for stage in plan.stages] == ["heap"]
    with pytest.raises(InputError, match="datapath heap for all layers .*, got lut too"):
        design_decoder(model, datapath=["heap", "lut"])
    with pytest.raises(InputError, match="nothing else to choose but .*, got latency_cycles too"):
        design_decoder(model, datapath="heap", latency_cycles=9, interval_cycles=2)
    foldings = [Folding(1, 1)] * 2
    with pytest.raises(InputError, match="got foldings, reloadable too"):
        design_decoder(model, datapath="heap", foldings=foldings, reloadable=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"datapath": ("heap", "lut")}, "for all layers together, got it with lut"),
        ({"reloadable": True}, "expected it with --interval, .*, got it with --reloadable"),
        ({"latency": 5}, "got it with --latency"),
        ({"inputs_per_cycle": (4,), "max_dsp": 2}, "got it with --max-dsp and --inputs-per-cycle"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(given, message):
    with pytest.raises(InputError, match=message):
        HardwareOptions(**{"datapath": ("heap",)} | given)
    HardwareOptions(datapath=("heap",), interval=4)


def test_transfers_that_cannot_be_unpacked():
    for count, lanes, given in ((3, 1, 1), (3, 2, 1), (6, 6, 4), (6, 6, 6)):
        message = f"full transfers of several times {given} of {count} values, got {lanes}"
        with pytest.raises(ValueError, match=message):
            UnpackerPlan(Tensor((count,), QFormat(2, 0), lanes), given)


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_transfers_of_a_few_values(lanes):
    plan = UnpackerPlan(Tensor((2, 6), QFormat(4, 0), 6), lanes)
    assert (plan.output.lanes, plan.times.interval) == (lanes, 12 // lanes)
    x = stage_rig.random_frames(plan.tensor)
    for seed in (None, 3):
        (got,), *_ = stage_rig.run(stage_rig.component(plan), [x], seed=seed)
        np.testing.assert_array_equal(got, x)
    stage_rig.check_control(stage_rig.component(plan), (1, 1), (0.5, 0.5))
