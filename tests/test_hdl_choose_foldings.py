"""Foldings and multipliers chosen for a target, against every combination that is considered."""

import math
from itertools import product

import pytest

from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.choose_foldings import choose_design, default_foldings
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.design_front import DesignPoint, design_front
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.errors import InputError
from tests.sweeps import swept
from tests.test_hdl_decoder import model

NET = model((40, 20, 2), ("sigmoid", "sigmoid"))
SMALL = [
    model((12, 6, 2), ("sigmoid", "sigmoid")),
    model((9, 7, 5), ("sigmoid", "linear"), seed=2),
    model((6, 4, 3, 2), ("sigmoid", "sigmoid", "linear"), seed=3),
]


def foldings_of(layer) -> list[Folding]:
    return [plan.folding for plan in DensePlan.options(layer, ((layer.input_count,),))]


def all_designs(net, *, max_blocks=None, spare_blocks=False) -> list[DesignPoint]:
    """Every combination of considered foldings, multipliers chosen for all layers together."""
    designs = []
    for foldings in product(*map(foldings_of, net.layers)):
        plans = DecoderPlan.of(net, foldings).dense
        units = choose_multipliers(
            plans, family=XC7, max_blocks=max_blocks, spare_blocks=spare_blocks
        )
        designs.append(DesignPoint.of(DecoderPlan.of(net, foldings, units), XC7))
    return designs


def made(point: DesignPoint):
    return point.plan.foldings, [layer.multipliers for layer in point.plan.dense]


def test_default_takes_one_input_a_cycle_into_all_neurons():
    assert default_foldings(NET) == (Folding(1, 20), Folding(1, 2))
    assert design_decoder(NET).foldings == default_foldings(NET)


def test_blocks_alone_do_not_change_the_folding():
    assert design_decoder(NET, family=XC7, max_dsp=4).foldings == default_foldings(NET)


def test_foldings_are_those_that_change_beats_or_passes():
    foldings = foldings_of(model((10, 3), ("linear",)).layers[0])
    assert sorted({folding.inputs_per_cycle for folding in foldings}) == [1, 2, 3, 4, 5, 10]
    assert sorted({folding.outputs_per_cycle for folding in foldings}) == [1, 2, 3]


@pytest.mark.parametrize("net", swept(SMALL, 2), ids=lambda net: net.topology)
def test_the_front_is_that_of_all_combinations(net):
    expected, cost = [], float("inf")
    for design in sorted(all_designs(net), key=lambda d: (d.latency_cycles, d.cost)):
        if design.cost < cost - 1e-6:
            cost = design.cost
            expected.append((design.latency_cycles, pytest.approx(cost)))
    front = design_front(net, family=XC7)
    assert [(point.latency_cycles, point.cost) for point in front] == expected
    again = design_front(net, family=XC7)
    assert [made(point) for point in front] == [made(point) for point in again]


@pytest.mark.parametrize("net", swept(SMALL, 2), ids=lambda net: net.topology)
def test_the_fastest_and_the_cheapest_within_luts(net):
    designs = all_designs(net)
    least, most = (bound(design.area.lut for design in designs) for bound in (min, max))
    for limit in (math.ceil(least), math.ceil(least + (most - least) / 3)):
        fitting = [design for design in designs if design.area.lut <= limit]
        found = choose_design(net, family=XC7, max_lut=limit)
        assert found.area.lut <= limit
        # Also with more blocks than pay, and so perhaps faster.
        assert found.latency_cycles <= min(design.latency_cycles for design in fitting)
        target = found.latency_cycles + 10
        cheapest = min(d.cost for d in fitting if d.latency_cycles <= target)
        found = choose_design(net, family=XC7, max_lut=limit, latency_cycles=target)
        assert found.area.lut <= limit
        assert found.cost <= cheapest + 1e-6


@pytest.mark.parametrize("blocks", swept([1, 5], 2))
@pytest.mark.parametrize("net", SMALL, ids=lambda net: net.topology)
def test_blocks_are_limited_at_little_cost(net, blocks):
    designs = all_designs(net, max_blocks=blocks)
    for target in (30, 60):
        cheapest = min(d.cost for d in designs if d.latency_cycles <= target)
        found = choose_design(net, family=XC7, latency_cycles=target, max_blocks=blocks)
        assert found.area.dsp <= blocks
        assert found.latency_cycles <= target
        # Layers are tried with few numbers of blocks, and share them best only afterwards.
        assert found.cost <= 1.05 * cheapest


@pytest.mark.parametrize("target", swept([1000, 200, 69, 40, 25], 2))
def test_target_is_met_by_the_decoder_that_is_made(target):
    decoder = design_decoder(NET, latency_cycles=target)
    assert decoder.latency_cycles <= target
    assert decoder.foldings != (Folding(40, 20), Folding(20, 2))
    point = choose_design(NET, family=XC7, latency_cycles=target)
    assert point.latency_cycles <= target
    if decoder.foldings:
        assert decoder_area(decoder, XC7) == point.area
    else:
        # Bit heaps.
        assert XC7.cost(decoder_area(decoder, XC7)) < point.cost


def test_a_forced_datapath_is_kept():
    decoder = design_decoder(NET, family=XC7, latency_cycles=100, datapath=["lut", None])
    assert decoder.dense[0].multipliers.blocks == 0
    assert decoder.latency_cycles <= 100
    with pytest.raises(InputError, match=r"layer 1: expected .* for datapath select"):
        design_decoder(NET, family=XC7, latency_cycles=100, datapath=["select", None])


def test_impossible_targets_tell_the_nearest():
    with pytest.raises(InputError, match=r"test: expected a latency .* which is (\d+) cycles or "
                                         r"more, got 3") as error:
        choose_design(NET, family=XC7, latency_cycles=3)
    nearest = int(str(error.value).split("which is ")[1].split()[0])
    assert choose_design(NET, family=XC7, latency_cycles=nearest).latency_cycles == nearest
    with pytest.raises(InputError, match=r"at most 9 LUTs, got \d+ at the least") as error:
        choose_design(NET, family=XC7, max_lut=9)
    nearest = int(str(error.value).split("got ")[1].split()[0])
    assert choose_design(NET, family=XC7, max_lut=nearest).area.lut <= nearest
    with pytest.raises(InputError, match=r"at most 3 DSP blocks for a latency of 30 .* got \d+ at"):
        choose_design(NET, family=XC7, latency_cycles=30, max_blocks=3, datapath=["dsp", "dsp"])
    with pytest.raises(InputError, match="at most 100 LUTs for a latency of 30 cycles, got"):
        choose_design(NET, family=XC7, latency_cycles=30, max_lut=100)
