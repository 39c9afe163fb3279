"""Sums in hardware where formats and branches are extreme; ordinary ones: `test_hdl_layers`."""

from itertools import islice, product

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.layers.add.component import AddComponent
from build_decoder.hdl.layers.add.plan import AddPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layers.add import Add, Total
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.sim.amaranth_runner import simulate_amaranth
from tests.fractions_of import narrowed, value
from tests.stage_rig import random_frames, run

VALUES = 7
LANES = 3  # the last transfer of a frame has one value
FRAMES = 40

BIT, SIGN = QFormat(1, 0, signed=False), QFormat(1, 0)
EXTREME = {
    "far apart": ((QFormat(14, -10), QFormat(-8, 12), QFormat(2, 2)), QFormat(5, 1)),
    "far apart, fine": ((QFormat(14, -10), QFormat(-8, 12)), QFormat(-6, 12)),
    "single bits": ((BIT, SIGN), QFormat(2, 0)),
    "single bits into one": ((SIGN, SIGN), SIGN),
    "single bits into one of no sign": ((BIT, SIGN, BIT), BIT),
    "no sign": ((QFormat(3, 1, signed=False), QFormat(2, 3, signed=False)), QFormat(4, 2)),
    "no sign at all": ((QFormat(3, 1, signed=False),) * 2, QFormat(3, 0, signed=False)),
    "one sign": ((QFormat(4, 0, signed=False), QFormat(1, 2)), QFormat(4, 1, signed=False)),
    "finer output": ((QFormat(3, 0), QFormat(2, -1)), QFormat(9, 6)),
    "widest": ((QFormat(MAX_WIDTH - 5, 4), QFormat(30, -20)), QFormat(40, 8)),
    "many": ((QFormat(3, 2), QFormat(3, 0, signed=False), QFormat(1, 3)) * 3, QFormat(5, 1)),
}


@pytest.mark.parametrize("name", EXTREME)
def test_the_greatest_and_the_least(name):
    inputs, output = EXTREME[name]
    layer = Add(Total(inputs, output), (VALUES,))
    ends = [(form.min_raw, form.max_raw, form.min_raw // 2 + 1) for form in inputs]
    codes = list(islice(product(*ends), FRAMES * VALUES))
    # Frames of a pipeline differ from the ones beside them.
    np.random.default_rng(0).shuffle(codes)
    raws = list(np.resize(codes, (FRAMES, VALUES, len(inputs))).transpose(2, 0, 1))
    (got,), _, _ = run(AddComponent(AddPlan(layer, LANES)), raws, seed=None)
    terms = np.stack(raws, axis=-1).reshape(-1, len(inputs)).tolist()
    exact = [sum(value(*each) for each in zip(row, inputs, strict=True)) for row in terms]
    assert got.ravel().tolist() == [narrowed(each, output) for each in exact]
    assert any(each != narrowed(exact[0], output) for each in got.ravel().tolist())


def branches(*taken: tuple[str, ...], shape=(2, 3, 4)) -> IntegerModel:
    """Sums ``s0``, ``s1`` and so on of what these names have; ``x`` is the input."""
    formats = {"x": QFormat(3, 1)}
    nodes = []
    for number, names in enumerate(taken):
        inputs = tuple(formats[name] for name in names)
        output = QFormat(4, 0, signed=False) if number % 2 else QFormat(4, 2)
        name = f"s{number}"
        nodes.append(ModelNode(name, names, Add(Total(inputs, output), shape)))
        formats[name] = output
    return IntegerModel("sums", (ModelInput("x", shape, formats["x"]),), tuple(nodes))


@pytest.mark.parametrize(
    ("model", "ways"),
    [
        (branches(("x", "x")), {"x": 2}),
        (branches(("x", "x", "x"), ("s0", "x"), ("s0", "s1", "x", "s1")), {"x": 5, "s0": 2}),
        (branches(("x", "x"), ("s0", "x"), shape=(1,)), {"x": 3}),
    ],
    ids=["twice", "chain", "single value"],
)
def test_what_is_added_to_itself_or_goes_round_a_sum(model, ways):
    plan = DecoderPlan.of(model, [])
    forks = {stage.name: stage.plan.outputs for stage in plan.stages}
    assert {name: forks[f"{name}.fork"] for name in ways} == ways
    x = random_frames(plan.input)
    y, latency, interval = simulate_amaranth(Decoder(plan), x)
    np.testing.assert_array_equal(y, model.compute(x))
    assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)
    y, *_ = simulate_amaranth(Decoder(plan), x, stall_seed=1)
    np.testing.assert_array_equal(y, model.compute(x))


def test_a_plan_without_lanes_is_refused():
    layer = Add(Total((SIGN, SIGN), SIGN), (VALUES,))
    with pytest.raises(ValueError, match="expected at least 1 lane, got 0"):
        AddPlan(layer, 1).giving(0)
