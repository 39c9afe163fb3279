"""Column engines: the program, what each layer gives, and all times are those of the plan."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.engine import array
from build_decoder.hdl.engine.check import check
from build_decoder.hdl.engine.choose import quick_engine, smallest_engine
from build_decoder.hdl.engine.layers import EngineNetwork
from build_decoder.hdl.engine.narrowing import Narrowing
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.program import Program
from build_decoder.hdl.engine.stages import Engine, on_engine
from build_decoder.hdl.engine.steps import Load, Row
from build_decoder.hdl.engine.top_bits import differences, top_bits
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import FAMILIES, get
from build_decoder.hdl.planning.area.plans import plan_area
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.planning.pace import latency_at_pace
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.models import Architecture
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_tcn import EscapeTcn
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.weighted_layer import WeightedLayer
from build_decoder.sim.amaranth_runner import AmaranthBench, simulate_amaranth
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.engine_layers import EngineLayers
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.random_columns import random_columns
from build_decoder.sim.synthesis import TARGETS
from build_decoder.sim.testbench import TestBench
from tests.sweeps import swept
from tests.test_hdl_columns import like_mini, like_tcn, quantised

MINI = EscapeNet(4, 8, (8, 4, 2, 1))


@cache
def mini() -> IntegerModel:
    """ESCAPE-NET Mini of the paper's size, of random weights."""
    return quantised(MINI.architecture("mini"), 8)[0]


def drawn(seed: int) -> tuple[Architecture, int, int]:
    """A small network, of odd sizes too, and multipliers for it."""
    random = np.random.default_rng(seed)
    sizes = [int(random.integers(least, most)) for least, most in ((2, 4), (1, 4), (3, 12))]
    cuff = NerveCuff(*sizes)
    kernels = tuple(int(random.integers(1, 5)) for _ in range(random.integers(1, 4)))
    filters, last = int(random.integers(1, 6)), int(random.integers(1, 4))
    if random.random() < 0.7:
        family = EscapeNet(filters, last, kernels, cuff=cuff)
    else:
        family = EscapeTcn(filters, 0, kernels, last, cuff=cuff)
    return family.architecture("drawn"), int(random.integers(1, 6)), 2 ** int(random.integers(4))


def checked(plan: DecoderPlan, x: np.ndarray, *stall_seeds: int | None) -> None:
    """Frames through a decoder: what each layer gives ahead of its pool and behind, and times."""
    decoder, model = Decoder(plan), plan.model
    layers = EngineLayers(decoder)
    bench = AmaranthBench(decoder, beside=layers.watches)
    for stall_seed in stall_seeds:
        y, latency, interval = bench.run(x, stall_seed=stall_seed)
        compared = layers.compared(model.values(x))
        assert compared
        for name, given, wanted in compared:
            np.testing.assert_array_equal(given, wanted, err_msg=name)
        np.testing.assert_array_equal(y, model.compute(x))
        if stall_seed is None:
            assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)


@pytest.mark.parametrize("stall_seed", [None, 3])
@pytest.mark.parametrize("like", [like_tcn, like_mini])
def test_every_layer_of_a_network_like_those_of_the_paper(like, stall_seed):
    model, x = quantised(like())
    checked(on_engine(model, 2, 4), x, stall_seed)


@pytest.mark.parametrize(
    "seed", [2, 3, 5, *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 26))]
)
def test_every_layer_of_random_networks(seed):
    architecture, filters, taps = drawn(seed)
    model, x = quantised(architecture, 4 + seed % 4)
    plan = on_engine(model, filters, taps)
    checked(plan, x, None, seed)


def test_two_filters_share_a_block():
    model, x = quantised(like_mini(), 5)
    plan = on_engine(model, 2, 4, FAMILIES["xc7"])
    engine = plan.stages[-1].plan
    assert (engine.packed, engine.chained) == (True, True)
    engine = on_engine(model, 2, 4, FAMILIES["ecp5"]).stages[-1].plan
    assert (engine.packed, engine.chained) == (False, False)
    checked(plan, x[:2], None)
    # An odd one out has blocks of its own.
    checked(on_engine(model, 3, 3, FAMILIES["xc7"]), x[:2], None)


def test_narrowings_are_those_of_the_layers():
    compared = 0
    for seed in range(80):
        for node in random_columns(np.random.default_rng(seed)).model.nodes:
            if not isinstance(node.layer, WeightedLayer):
                continue
            layer = node.layer
            try:
                narrowing = Narrowing.of(layer, layer.output)
            except ValueError:
                continue
            low, high = layer.products.low, layer.products.high
            random = np.random.default_rng(seed)
            for least, most in ((low, high), (max(low, -2000), min(high, 2000))):
                exact = random.integers(
                    least, most, (1000, len(narrowing.constants)), endpoint=True
                )
                np.testing.assert_array_equal(
                    narrowing.compute(exact), layer.operations[-1].compute(exact.astype(float))
                )
            compared += 1
    assert compared > 25


def test_the_program_is_checked():
    program = Program(EngineNetwork(mini()), 4, 4)
    check(program)
    ring = program.rings["temporal"]
    program.rings["temporal"] = replace(ring, places=ring.places - 1)
    with pytest.raises(ValueError, match="expected values of column"):
        check(program)
    program.rings["temporal"] = ring
    program.weight_rows[3, 1, 2] += 1
    with pytest.raises(ValueError, match="spatial_conv1: expected weights of column 1"):
        check(program)
    program.weight_rows[3, 1, 2] -= 1
    again = Program(program.network, 4, 4, early=4)
    kept = next(step for step in again.steps if isinstance(step, Row) and step.keeps)
    again.steps[again.steps.index(kept)] = replace(kept, sums=kept.sums + 1)
    with pytest.raises(ValueError, match="expected sums of column"):
        check(again)
    last = program.steps.pop()
    with pytest.raises(ValueError, match="classes: expected every product once"):
        check(program)
    program.steps.append(last)
    check(program)


def test_the_smallest_mini_that_keeps_up_with_30_khz_at_100_mhz():
    engine = smallest_engine(mini(), 333_300, FAMILIES["xc7"])
    assert engine == Engine(4, 4, packed=True)
    plan = engine.plan(mini())
    assert plan.frame_cycles < 315_000
    # Frames follow each other without a gap.
    assert plan.frame_cycles == plan.stages[-1].plan.unheld_cycles
    assert smallest_engine(mini(), 20_000) is None


@pytest.mark.slow
def test_the_cheapest_mini_that_answers_in_time():
    engine = quick_engine(mini(), 333_300, 6_000, FAMILIES["xc7"])
    assert (engine.filters, engine.taps, engine.packed) == (4, 4, True)
    assert engine.early > 0
    assert engine.plan(mini()).latency_at_pace(333_300) <= 6_000
    fewer = replace(engine, early=engine.early - 1)
    assert fewer.planned(mini()).latency_at_pace(333_300) > 6_000
    assert quick_engine(like_fcn()[0], 5_000, 10, FAMILIES["xc7"]) is None


@pytest.mark.parametrize(("early", "slower"), [(0, 1), (2, 1), (2, 1.7)])
def test_the_latency_of_an_engine_at_a_pace(early, slower):
    """As that of the timeline, of two networks, of which one has more stages behind."""
    for model in (quantised(like_mini())[0], like_fcn()[0]):
        plan = EnginePlan(model, 2, 3, early=early)
        interval, source = int(plan.unheld_cycles * slower), Port("x")
        found = plan.latency_at_pace(interval)
        assert found == latency_at_pace([Stage("engine", plan, (source,))], source, interval)


def with_wide_weights(model: IntegerModel, count: int) -> IntegerModel:
    """The model with some of the first layer's weights three bits wider."""
    first, *rest = model.nodes
    weights, few = first.layer.weights.copy(), first.layer.weight
    weights.reshape(-1)[:count] *= 8
    wide = replace(
        first.layer, weights=weights,
        weight=QFormat(few.integer + 3, few.fraction, few.signed),
    )
    return replace(model, nodes=(replace(first, layer=wide), *rest))


@pytest.mark.parametrize("family", swept(["xc7", "ecp5"], 2))
def test_top_bits_of_weights_may_be_in_luts(family, monkeypatch):
    """Those that are the sign in most rows."""
    model, x = quantised(like_mini())
    model = with_wide_weights(model, 3)
    plan = on_engine(model, 2, 4, FAMILIES[family])
    # Small memories are in LUTs whole.
    assert top_bits_of(plan, family) == 0
    for count in range(1, 5):
        monkeypatch.setattr(array, "top_bits", lambda *_, count=count: count)
        checked(plan, x[:2], None)


def top_bits_of(plan: DecoderPlan, family: str) -> int:
    engine = plan.stages[-1].plan
    rows = engine.program.weight_rows
    return top_bits(
        rows.reshape(len(rows), -1), engine.products.parameters.weight.width, FAMILIES[family],
        engine.weight_memories,
    )


def test_what_is_cheapest_of_top_bits():
    random = np.random.default_rng(5)
    rows = random.integers(-16, 16, (800, 16))
    rows[:4] = random.integers(-512, 512, (4, 16))
    count = top_bits(rows, 10, FAMILIES["xc7"])
    assert count == 5
    told = differences(rows, 10, count)
    assert told.any(axis=(1, 2)).sum() == 4
    low = rows & 31
    for bit in range(count):
        below = low >> (4 + bit) & 1
        low |= (below ^ told[..., bit]) << (5 + bit)
    np.testing.assert_array_equal(low, rows & 1023)
    assert top_bits(random.integers(-512, 512, (800, 16)), 10, FAMILIES["xc7"]) == 0


def test_area():
    """Synthesised with eight bits: 1,136 LUTs, 751 flip-flops, 8 blocks, 6.5 block RAMs."""
    plan = on_engine(mini(), 4, 4, FAMILIES["xc7"]).stages[-1].plan
    area = plan_area(plan, FAMILIES["xc7"])
    assert area.lut == pytest.approx(1136, rel=0.1)
    assert area.ff == pytest.approx(751, rel=0.1)
    assert (area.dsp, area.bram) == (8, 6.5)


@cache
def like_fcn() -> tuple[IntegerModel, np.ndarray]:
    """A small ESCAPE-FCN: convolutions, means over all positions, and a dense layer."""
    return quantised(EscapeFcn(4, 4, cuff=NerveCuff(3, 2, 9)).architecture("fcn"))


@pytest.mark.parametrize(
    ("filters", "taps", "lanes", "blocks"),
    [
        (2, 3, 2, None),
        pytest.param(4, 9, 4, 30, marks=pytest.mark.slow),
        pytest.param(4, 6, 1, 5, marks=pytest.mark.slow),
    ],
)
def test_means_are_a_stage_behind(filters, taps, lanes, blocks):
    model, x = like_fcn()
    plan = on_engine(model, filters, taps, lanes=lanes, blocks=blocks)
    assert [stage.name for stage in plan.stages] == ["fifo", "engine", "average", "classes"]
    engine = plan.stages[1].plan
    assert engine.multipliers.blocks + engine.multipliers.lut == filters * taps
    assert blocks is None or engine.multipliers.blocks == blocks
    checked(plan, x[:2], None)
    checked(plan, x[:1], 3)


@pytest.mark.slow
def test_layers_may_be_called_as_stages_are():
    model, x = like_fcn()
    called = {"average": "engine", "classes": "fifo"}
    nodes = tuple(
        replace(
            node, name=called.get(node.name, node.name),
            inputs=tuple(called.get(name, name) for name in node.inputs),
        )
        for node in model.nodes
    )
    plan = on_engine(replace(model, nodes=nodes), 2, 3)
    assert [stage.name for stage in plan.stages] == ["fifo_", "engine_", "engine", "fifo"]
    y, latency, _ = simulate_amaranth(Decoder(plan), x[:2])
    np.testing.assert_array_equal(y, model.compute(x[:2]))
    assert latency == plan.latency_cycles


@pytest.mark.parametrize(
    ("lanes", "early"), [(1, 4), (2, 1), pytest.param(2, 9, marks=pytest.mark.slow)]
)
def test_columns_are_added_as_they_come(lanes, early):
    model, x = quantised(like_mini())
    plan = on_engine(model, 2, 4, lanes=lanes, early=early)
    steps = plan.stages[-1].plan.program.steps
    assert any(isinstance(step, Row) and step.keeps and step.resumes for step in steps) or early < 2
    checked(plan, x, None)
    checked(plan, x[:2], 3)


def test_less_is_left_to_do_after_the_last_column():
    """Of ESCAPE-NET Mini, if the column before it has come long ago."""
    left = {}
    for early in (0, 1, 5):
        plan = EnginePlan(mini(), 4, 4, lanes=2, early=early)
        check(plan.program)
        last = max(n for n, step in enumerate(plan.program.steps) if isinstance(step, Load))
        left[early] = sum(plan.program.run_cycles(row) for row in plan.program.steps[last + 1 :])
    assert left == {0: 11736, 1: 4176, 5: 4176}


def test_some_outputs_a_cycle_of_any_taps():
    model, x = quantised(like_mini())
    checked(on_engine(model, 2, 5, lanes=2), x, None)


def test_what_an_engine_cannot_run():
    with pytest.raises(ValueError, match="expected at least 1 column in the FIFO, got 0"):
        on_engine(mini(), 4, 4, columns=0)
    with pytest.raises(ValueError, match="expected at least 1 filter and 1 tap at a time"):
        on_engine(mini(), 4, 0)
    with pytest.raises(ValueError, match="expected lanes that are a power of two and divide 4"):
        on_engine(mini(), 4, 4, lanes=3)
    with pytest.raises(ValueError, match="expected outputs that are whole transfers of 8"):
        on_engine(mini(), 8, 4, lanes=8)
    random = np.random.default_rng(0)
    models = (random_columns(random).model for _ in range(30))
    refused = 0
    for model in models:
        try:
            on_engine(model, 2, 3)
        except ValueError as error:
            refused += "expected a" in str(error)
    assert refused > 5


@pytest.mark.slow
def test_mini_in_verilog(tmp_path: Path):
    model, x = quantised(MINI.architecture("mini"))
    decoder = Decoder(on_engine(model, 4, 4))
    source = tmp_path / "decoder.v"
    source.write_text(to_verilog(decoder))
    bench = TestBench([source], "decoder", Interface.of(decoder), tmp_path, frames=len(x))
    for stalls in (None, 7):
        result = bench.run(x, model.compute(x), tmp_path / "run", stall_seed=stalls)
        assert result.vectors_checked == len(x)
        assert not result.mismatches, result.first_mismatch
        if stalls is None:
            assert result.latency_cycles == decoder.latency_cycles
            assert result.frame_cycles == decoder.frame_cycles


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
def test_netlist(family, tmp_path: Path):
    model, x = quantised(like_mini())
    plan = on_engine(model, 2, 4, family)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    found = check_netlist(decoder, x[:2], model.compute(x[:2]), tmp_path, stall_seed=7, plan=plan)
    assert found.vectors_checked == 4
    assert not found.mismatches, found.first_mismatch
    assert found.resources.dsp == (4 if plan.stages[-1].plan.packed else 8)


def test_plans_survive_their_file(tmp_path: Path):
    model, _ = quantised(like_mini())
    made = on_engine(model, 2, 4, FAMILIES["xc7"], columns=2, lanes=2, blocks=3, early=2)
    Design.of(made, FAMILIES["xc7"]).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(model)
    assert [stage.name for stage in again.stages] == ["fifo", "engine"]
    assert Engine.of(again) == Engine.of(made) == Engine(
        2, 4, packed=True, columns=2, lanes=2, blocks=3, early=2
    )
    assert again.interface == made.interface
