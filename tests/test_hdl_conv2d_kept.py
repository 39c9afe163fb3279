"""Convolutions that keep sums of columns to come: every folding, times, networks, netlists."""

from dataclasses import dataclass, replace
from functools import cache

import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.conv2d.kept.plan import KeptPlan
from build_decoder.hdl.layers.conv2d.kept.visits import visits
from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.area.plans import plan_area
from build_decoder.hdl.planning.column_store import READ_LATENCY
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.plan import CarryingPlan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.timeline import first_frame
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.netlist_check import check_netlist
from build_decoder.sim.synthesis import TARGETS
from tests.fuzzed import check_decoder
from tests.stage_rig import check_control, component
from tests.sweeps import swept
from tests.test_hdl_columns import like_mini, quantised
from tests.test_hdl_conv2d import check, convolution

SHAPES = {
    "rows and time": ((6, 4, 2), (3, 4), 2),
    "a long window": ((5, 5, 1), (8, 3), 1),
    "even windows": ((9, 3, 2), (4, 2), 3),
    "larger than the image": ((3, 3, 1), (5, 6), 2),
    "one column": ((1, 4, 3), (3, 2), 2),
    "along time": ((7, 1, 3), (4, 1), 2),
}


@pytest.mark.parametrize("name", swept(SHAPES, 4))
def test_every_folding(name):
    """With as many columns added early as there may be, and each way to add products."""
    shape, kernel, filters = SHAPES[name]
    layer = convolution(shape, kernel, filters)
    most = shape[0] + 1 if shape[1] > 2 else 0
    for number, plan in enumerate(KeptPlan.options(layer, (shape,))):
        early = number % (most + 1)
        check(replace(plan, chain=False, early=early), seeds=(None,))
        check(replace(plan.giving(filters), early=most - early), seeds=(None, 3))


@pytest.mark.parametrize(
    ("inputs", "early", "lanes"), [(4, 0, 3), (4, 2, 1), (12, 1, 3), (2, 9, 3)]
)
def test_control_while_others_stall(inputs, early, lanes):
    layer = convolution((5, 3, 2), (3, 2), 3)
    plan = KeptPlan(layer, Folding(inputs, 3), lanes, early=early, chain=True)
    check_control(component(plan), (1, 1), (1, 0.5), (0.5, 1), (0.5, 0.5))


@pytest.mark.parametrize("early", [0, 1, 3, 20])
@pytest.mark.parametrize(
    ("steps", "before", "behind"), [(9, 3, 4), (5, 1, 2), (3, 4, 4), (4, 0, 0)]
)
def test_every_column_is_added_once(steps, before, behind, early):
    """In time, to outputs in their order; and it is kept as long as it is needed."""
    added, there, freed, ended = {step: [] for step in range(steps)}, 0, 0, []
    for visit in visits(steps, before, behind, early):
        there += visit.needs
        assert freed <= visit.columns.start
        assert visit.columns.stop <= there
        assert visit.opens == (not added[visit.output])
        added[visit.output] += visit.columns
        freed += visit.frees
        if visit.ends:
            ended.append(visit.output)
        # All that could be added before the last columns was.
        if there < steps - early:
            assert visit.opens
            assert visit.ends
    assert (there, freed, ended) == (steps, steps, list(range(steps)))
    for step, columns in added.items():
        assert columns == list(range(max(step - before, 0), min(step + behind + 1, steps)))


def test_times():
    """A position takes its blocks; after the last column each of those behind takes one."""
    layer = convolution((20, 6, 1), (8, 3), 4)
    plan = KeptPlan(layer, Folding(9, 4), 4, early=1, chain=True)
    # Three columns of a window a block: whole windows, what is there of the last ones, the rest.
    parts = [2, *[3] * 14], [3, 2, 2, 2, 1], [1] * 5
    assert [plan.beats(step) for step in plan.steps] == sum(parts, [])
    assert plan.times.interval == 6 * sum(map(plan.beats, plan.steps))
    whole = replace(plan, early=0)
    assert whole.kept == 0
    assert plan.kept == 5 * 6
    assert sum(step.needs for step in plan.steps) == 20


@dataclass(frozen=True)
class _Slow(CarryingPlan):
    """A column at once, each ``cycles`` after the one before it."""

    name = "slow"
    tensor: Tensor
    cycles: int

    @property
    def actors(self) -> tuple[Actor, ...]:
        beats = self.tensor.step_beats
        column = Phase(beats, take=(0,), give=(0,)), Phase(self.cycles - beats)
        return (Actor(column * self.tensor.steps),)


@pytest.mark.parametrize("chain", [False, True])
def test_what_is_left_after_the_last_column(chain):
    layer, cycles = convolution((20, 6, 1), (8, 3), 4), 300

    def left(early: int) -> int:
        plan = KeptPlan(layer, Folding(9, 4), 4, early=early, chain=chain)
        slow = Stage("slow", _Slow(plan.inputs[0], cycles), (Port("x"),))
        end = first_frame([slow, Stage("conv", plan, (Port("slow"),))])
        # Reading, and the way of a dense layer.
        way = READ_LATENCY + plan.neurons.sums_latency + plan.neurons.drain_latency
        return end - (19 * cycles + 6) - way

    # Five columns of outputs, begun when two of six rows are there: a block of each, or all.
    assert left(1) == left(3) == 6 * 5 - 4
    assert left(0) == 6 * (3 + 3 + 2 + 2 + 2) - 4


def test_layers_that_there_is_no_such_form_for():
    layer = convolution((4, 4, 3), (3, 2), 2)
    with pytest.raises(ValueError, match="and 2 outputs a cycle for kept, got 6x1"):
        KeptPlan(layer, Folding(6, 1), 1)
    with pytest.raises(ValueError, match="and 2 outputs a cycle for kept, got 1x2"):
        KeptPlan(layer, Folding(1, 2), 1)
    with pytest.raises(ValueError, match="expected 3 rows or more whose sums are kept, got 2"):
        KeptPlan(convolution((4, 2, 3), (3, 2), 2), Folding(6, 2), 1, early=1)
    with pytest.raises(ValueError, match="expected a form whose weights can be written, got kept"):
        KeptPlan(layer, Folding(6, 2), 1).reloadable_too()


def test_chains_are_of_blocks_alone():
    layer = convolution((4, 4, 3), (3, 2), 4)
    plan = KeptPlan(layer, Folding(6, 4), 4, chain=True)
    ways = {
        Multipliers(dsp=24): True, Multipliers(packed=12): True, Multipliers(dsp=20, lut=4): False,
        Multipliers(packed=11, dsp=2): False,
    }
    for units, chained in ways.items():
        assert replace(plan, multipliers=units).neurons.chained == chained
    trees = replace(plan, chain=False)
    assert plan_area(plan, XC7).lut < plan_area(trees, XC7).lut
    assert plan_area(plan, get("ecp5")).lut > plan_area(trees, get("ecp5")).lut


@cache
def small_mini():
    return quantised(like_mini(), 5)


def kept(inputs: int, filters: int = 2, **more) -> dict:
    return {"form": "kept", "folding": Folding(inputs, filters), **more}


def mini_plan(*, early: int) -> DecoderPlan:
    net, _ = small_mini()
    few = {"folding": Folding(1, 1)}
    chosen = {node.name: few for node in net.nodes if node.name.startswith(("dense", "classes"))}
    chain = {"early": early, "chain": 1}
    return DecoderPlan.chosen(net, chosen | {
        "spatial_conv1": kept(8, **chain, multipliers=Multipliers(packed=8)),
        "temporal_conv1": kept(16, **chain, multipliers=Multipliers(dsp=20, lut=12)),
        "spatial_conv2": kept(4, **chain),
        "temporal_conv2": kept(2, early=early),
    })


def test_choices_survive_their_file(tmp_path):
    made = mini_plan(early=1)
    Design.of(made, None).save(tmp_path / "design.json")
    again = Design.load(tmp_path / "design.json").plan(small_mini()[0])
    assert again.stages == made.stages
    assert isinstance(made.layers["spatial_conv1"], KeptPlan)


@pytest.mark.parametrize("early", swept([1, 0, 2], 3))
def test_every_stream_of_a_network_like_escape_net_mini(early):
    """Four windows, of which a loud one comes before a quiet one."""
    check_decoder(Decoder(mini_plan(early=early)), small_mini()[1])


@pytest.mark.slow
@pytest.mark.parametrize("family", [*map(get, TARGETS)], ids=str)
def test_netlist_equals_the_model(family, tmp_path):
    net, x = small_mini()
    plan = mini_plan(early=1)
    (tmp_path / "decoder.v").write_text(to_verilog(Decoder(plan), family=family))
    decoder = ExportedDecoder(tmp_path / "decoder.v", plan.interface, family)
    found = check_netlist(decoder, x, net.compute(x), tmp_path, stall_seed=7)
    assert (found.vectors_checked, found.first_mismatch) == (2 * len(x), None)
    assert found.back_to_back.latency_cycles == plan.latency_cycles
    assert found.back_to_back.frame_cycles == plan.frame_cycles
