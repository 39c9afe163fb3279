"""Bit heaps chosen by themselves, where they are better than layers that are folded."""

import math
from dataclasses import replace

import numpy as np
import pytest

import build_decoder.hdl.heap.choose
from build_decoder.hdl.families import get
from build_decoder.hdl.heap.choose import heaps_of
from build_decoder.hdl.heap.stages import on_heap, with_single_outputs
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.choose_foldings import choose_design
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layers.decision import Decision
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat
from tests.test_hdl_heap import dense_layer

XC7 = get("xc7")
MOST_LUTS = 10_000


def net(outputs=2) -> IntegerModel:
    """A wide first layer of few weight bits, which bit heaps are good at."""
    random = np.random.default_rng(outputs)
    first = dense_layer(
        (QFormat(4, 0, signed=False), QFormat(2, 0), QFormat(8, 0), QFormat(4, 0), QFormat(9, 0),
         QFormat(0, 2, signed=False)),
        "sigmoid", random.integers(-1, 2, (60, 4)), random.integers(-4, 4, 4),
    )  # fmt: skip
    second = dense_layer(
        (first.output, QFormat(1, 2), QFormat(3, 2), QFormat(2, 1), QFormat(3, 2), QFormat(3, 2)),
        "linear", random.integers(-4, 4, (4, outputs)), random.integers(-2, 3, outputs),
    )  # fmt: skip
    return IntegerModel.chain("net", (first, second))


NET = net()
HEAPS = [on_heap(NET, "xc7", planes) for planes in (1, 2, 4)]


def planes_of(plan: DecoderPlan) -> int | None:
    """Planes of bit heaps; None of other decoders."""
    first = plan.stages[0].plan
    return first.planes if first.name == "heap" else None


def luts(plan: DecoderPlan) -> float:
    return decoder_area(plan, XC7).lut


def latency(plan: DecoderPlan) -> int:
    """Cycles to the last output, one by one."""
    return with_single_outputs(plan).latency_cycles


def test_without_a_target_none_are():
    assert planes_of(design_decoder(NET, family=XC7)) is None
    assert planes_of(design_decoder(NET, family=XC7, max_dsp=3)) is None


def test_the_cheapest_for_a_latency():
    assert luts(HEAPS[0]) > luts(HEAPS[1]) > luts(HEAPS[2])
    for target in (latency(HEAPS[0]), latency(HEAPS[2]), 40):
        chosen = design_decoder(NET, family=XC7, latency_cycles=target)
        costs = [luts(plan) for plan in HEAPS if latency(plan) <= target]
        if target == 40:
            costs.append(choose_design(NET, family=XC7, latency_cycles=target).cost)
        assert latency(chosen) <= target
        assert XC7.cost(decoder_area(chosen, XC7)) == min(costs)
    with pytest.raises(InputError, match="which is 17 cycles or more, got 16"):
        choose_design(NET, family=XC7, latency_cycles=16)
    assert planes_of(chosen) == 4
    # With time enough, fewer products a cycle are cheaper.
    assert planes_of(design_decoder(NET, family=XC7, latency_cycles=500)) is None


def test_the_cheapest_for_an_interval():
    # An output a cycle, as it leaves on a board.
    for interval, planes in ((2, 2), (3, 2), (4, 4), (7, 4)):
        plan = design_decoder(NET, family=XC7, interval_cycles=interval)
        assert (planes_of(plan), plan.frame_cycles) == (planes, planes)
    assert planes_of(design_decoder(NET, family=XC7, interval_cycles=500)) is None
    both = design_decoder(
        NET, family=XC7, interval_cycles=4, latency_cycles=HEAPS[1].latency_cycles + 3
    )
    assert planes_of(both) == 2


def test_the_fastest_within_luts():
    for plan in HEAPS:
        most = math.ceil(luts(with_single_outputs(plan)))
        found = design_decoder(NET, family=XC7, max_lut=most)
        folded = choose_design(NET, family=XC7, max_lut=most)
        assert found.latency_cycles == min(plan.latency_cycles, folded.latency_cycles)
        assert luts(found) <= most


def test_a_message_tells_what_heaps_take():
    with pytest.raises(InputError, match=r"expected a latency .* got 2; bit heaps have \d+ LUTs, a "
                                         r"latency of (\d+) cycles and an interval of 2") as error:
        design_decoder(NET, family=XC7, latency_cycles=2)
    nearest = int(str(error.value).split("a latency of ")[1].split()[0])
    assert latency(design_decoder(NET, family=XC7, latency_cycles=nearest)) == nearest
    with pytest.raises(InputError, match="beside 1 cycle and .* of the decision"):
        design_decoder(deciding(NET), family=XC7, latency_cycles=2)


def deciding(model: IntegerModel) -> IntegerModel:
    layer = Decision(model.output_format, model.output_count)
    node = ModelNode("decision", (model.nodes[-1].name,), layer)
    return IntegerModel(model.name, model.inputs, (*model.nodes, node))


def test_a_decision_is_behind_them():
    plan = design_decoder(deciding(NET), family=XC7, interval_cycles=4)
    assert planes_of(plan) == 4
    assert [stage.name for stage in plan.stages[1:]] == ["decision"]
    assert (plan.latency_cycles, plan.frame_cycles) == (HEAPS[2].latency_cycles + 1, 4)
    # It takes all outputs at once.
    quick = design_decoder(deciding(NET), family=XC7, interval_cycles=1)
    assert (planes_of(quick), quick.latency_cycles) == (1, HEAPS[0].latency_cycles + 1)
    with pytest.raises(InputError, match="an interval .* got 1; bit heaps have"):
        design_decoder(NET, family=XC7, interval_cycles=1)


def test_what_else_is_asked_for_leaves_them_out():
    assert planes_of(design_decoder(NET, family=XC7, latency_cycles=40, datapath="lut")) is None
    nodes = tuple(
        replace(node, layer=replace(
            node.layer, reach=Reach.any(node.layer.weight, node.layer.input_count)
        ))
        for node in NET.nodes
    )  # fmt: skip
    written = replace(NET, nodes=nodes)
    assert planes_of(design_decoder(written, family=XC7, latency_cycles=40)) == 4
    plan = design_decoder(written, family=XC7, latency_cycles=40, reloadable=True)
    assert planes_of(plan) is None
    # It has no compressors, so nothing is known of its LUTs.
    assert planes_of(design_decoder(NET, family=get("ice40"), latency_cycles=40)) is None


def test_heaps_that_are_not_worth_planning(monkeypatch):
    counts = [len(heaps_of(NET, XC7, most)) for most in (0, luts(HEAPS[2]) + 1, MOST_LUTS)]
    assert counts[0] == 0
    assert 1 <= counts[1] <= counts[2] == 3
    # Too many codes.
    formats = [QFormat(width, 0) for width in (8, 8, 20, 4, 14, 4)]
    wide = IntegerModel.chain("wide", (dense_layer(formats, "linear", [[100]] * 3, [0]),))
    assert heaps_of(wide, XC7) == []
    monkeypatch.setattr(build_decoder.hdl.heap.choose, "_MOST_WORK", 0)
    assert heaps_of(NET, XC7) == []
