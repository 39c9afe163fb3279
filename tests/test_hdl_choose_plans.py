"""Plans of layers that are no dense chain, chosen for an interval, a latency or an area."""

from functools import cache

import numpy as np
import pytest

from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.layers.conv2d.plan import Conv2dPlan
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.choose_plans import PlanChooser
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folded_nodes import folded_nodes
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.limits import Limits
from build_decoder.models.errors import InputError
from build_decoder.sim.amaranth_runner import simulate_amaranth
from build_decoder.sim.random_columns import random_columns
from tests.sweeps import swept, swept_cases
from tests.test_hdl_columns import like_mini, like_tcn, quantised

XC7, ECP5 = families.get("xc7"), families.get("ecp5")

INTERVALS = {"tcn": (120, 400), "mini": (500, 1500)}


@cache
def model_of(name: str):
    return quantised({"tcn": like_tcn, "mini": like_mini}[name]())


@pytest.mark.parametrize("name", swept(INTERVALS, 2))
def test_a_decoder_keeps_to_its_interval(name):
    model, x = model_of(name)
    areas = []
    for interval in INTERVALS[name]:
        plan = design_decoder(model, interval_cycles=interval, family=XC7)
        y, latency, measured = simulate_amaranth(Decoder(plan), np.tile(x, (2, 1)))
        np.testing.assert_array_equal(y, np.tile(model.compute(x), (2, 1)))
        assert (latency, measured) == (plan.latency_cycles, plan.frame_cycles)
        assert measured <= interval
        areas.append(XC7.cost(decoder_area(plan, XC7)))
    assert areas[0] > areas[1]


def test_a_decoder_that_is_to_answer_sooner_costs_more():
    model, _ = model_of("mini")
    slow = design_decoder(model, interval_cycles=10**6, family=XC7)
    plan = design_decoder(model, latency_cycles=slow.latency_cycles * 7 // 10, family=XC7)
    assert plan.latency_cycles <= slow.latency_cycles * 7 // 10
    assert XC7.cost(decoder_area(plan, XC7)) > XC7.cost(decoder_area(slow, XC7))


@pytest.mark.parametrize(("interval", "latency"), [(20_000, 1_500), (20_000, 700), (2_000, 500)])
def test_latency_at_a_pace(interval, latency):
    """Counted from the last time step on; an engine is chosen for it too."""
    model, _ = model_of("mini")
    kept = design_decoder(model, interval_cycles=interval, family=XC7)
    plan = design_decoder(model, interval_cycles=interval, latency_cycles=latency, family=XC7)
    assert plan.frame_cycles <= interval
    assert plan.latency_at_pace(interval) <= latency < plan.latency_cycles
    costs = [XC7.cost(decoder_area(each, XC7)) for each in (kept, plan)]
    assert costs[0] <= costs[1]
    # A component a layer costs more, or there is none.
    limits = Limits(interval_cycles=interval, latency_cycles=latency)
    try:
        layers = PlanChooser(model, family=XC7).choose(limits)
    except InputError:
        assert Engine.of(plan) is not None
    else:
        assert costs[1] <= XC7.cost(decoder_area(layers, XC7))


def test_the_fastest_within_an_area():
    model, _ = model_of("mini")
    luts = [decoder_area(design_decoder(model, interval_cycles=n, family=XC7), XC7).lut
            for n in INTERVALS["mini"]]
    limit = int(sum(luts) / 2)
    plan = design_decoder(model, max_lut=limit, family=XC7)
    assert plan.frame_cycles < INTERVALS["mini"][1]
    # FIFOs and what is between layers is not in the choice.
    assert decoder_area(plan, XC7).lut <= 1.2 * limit


@pytest.mark.slow
def test_blocks_are_shared_out():
    model, _ = model_of("mini")
    free = design_decoder(model, interval_cycles=500, family=ECP5, max_dsp=100)
    few = design_decoder(model, interval_cycles=500, family=ECP5, max_dsp=2)
    assert decoder_area(free, ECP5).dsp > 2 >= decoder_area(few, ECP5).dsp


def test_what_cannot_be_reached_is_refused():
    model, _ = model_of("mini")
    with pytest.raises(InputError, match="expected an interval that its layers can reach, which"):
        design_decoder(model, interval_cycles=3, family=XC7)
    with pytest.raises(InputError, match="expected a latency that its layers can reach, which is"):
        design_decoder(model, latency_cycles=10, family=XC7)
    with pytest.raises(InputError, match=r"expected at most 10 LUTs, got \d+ \(estimated\)"):
        design_decoder(model, max_lut=10, family=XC7)


@pytest.mark.parametrize(
    ("latency", "interval", "first"),
    swept_cases(
        [(10, 3, "an interval that its layers can"), (10, 10**6, "a latency that its layers can"),
         (10**6, 3, "an interval that its layers can")],
        3,
    ),
)
def test_of_two_limits_that_are_not_reached_both_are_told(latency, interval, first):
    model, _ = model_of("mini")
    with pytest.raises(InputError, match=f"^{model.name}: expected {first}") as error:
        design_decoder(model, latency_cycles=latency, interval_cycles=interval, family=XC7)
    asked = f"a latency of at most {latency} and an interval of at most {interval} together"
    assert f"; asked for are {asked}, and its fastest layers have a latency of " in str(error.value)


def test_foldings_that_are_given_stay():
    model, _ = model_of("tcn")
    foldings = [Folding(2, 1), Folding(3, 3), Folding(1, 1)][: len(folded_nodes(model))]
    plan = design_decoder(model, foldings=foldings, family=XC7)
    layers = [layer for layer in plan.layers.values() if layer.multiplying is not None]
    assert [layer.folding for layer in layers] == foldings
    forced = design_decoder(model, foldings=foldings, family=XC7, datapath="lut")
    assert all(layer.multipliers.blocks == 0 for layer in forced.layers.values()
               if layer.multiplying is not None)


@pytest.mark.parametrize("seed", range(12))
def test_the_pace_of_a_convolution_is_its_interval_or_a_little_less(seed):
    plans = random_columns(np.random.default_rng([5, seed])).plan.layers.values()
    for plan in plans:
        if isinstance(plan, Conv2dPlan):
            assert plan.pace <= plan.times.interval <= 1.2 * plan.pace + 20


def test_layers_share_an_engine_where_that_costs_less():
    model, x = model_of("mini")
    plan = design_decoder(model, interval_cycles=20_000, family=XC7)
    engine = Engine.of(plan)
    assert engine is not None
    assert plan.frame_cycles <= 20_000
    given = design_decoder(model, foldings=[Folding(1, 1)] * len(folded_nodes(model)), family=XC7)
    assert XC7.cost(decoder_area(plan, XC7)) < XC7.cost(decoder_area(given, XC7))
    y, latency, interval = simulate_amaranth(Decoder(plan), x)
    np.testing.assert_array_equal(y, model.compute(x))
    assert (latency, interval) == (plan.latency_cycles, plan.frame_cycles)
    # Where it must be fast, a layer each is cheaper or there is nothing else.
    assert Engine.of(design_decoder(model, interval_cycles=500, family=XC7)) is None


def test_layers_share_an_engine_of_frames_that_come_at_once():
    model, _ = model_of("mini")
    chooser, luts = PlanChooser(model, family=XC7), []
    for latency in (400, 5_000):
        plan = design_decoder(model, latency_cycles=latency, family=XC7)
        layers = chooser.choose(Limits(latency_cycles=latency))
        assert plan.latency_cycles <= latency
        assert (Engine.of(plan) is not None) == (latency == 5_000)
        assert XC7.cost(decoder_area(plan, XC7)) <= XC7.cost(decoder_area(layers, XC7))
        luts.append(decoder_area(plan, XC7).lut)
    # What is chosen for a latency is found again by its size, or a faster one.
    within = int(luts[-1]) + 1
    plan = design_decoder(model, max_lut=within, family=XC7)
    assert plan.latency_cycles <= 5_000
    assert decoder_area(plan, XC7).lut <= within
    with pytest.raises(InputError, match="expected at most"):
        chooser.choose(Limits(max_lut=within))


@pytest.mark.parametrize("interval", swept((120, 200, 400, 1_000), 2))
def test_a_limit_that_holds_anyway_makes_no_decoder_dearer(interval):
    """Of blocks that are given away, LUTs count."""
    model, _ = model_of("tcn")
    plan = design_decoder(model, interval_cycles=interval, family=XC7)
    area, latency = decoder_area(plan, XC7), plan.latency_at_pace(interval)
    within = {"interval_cycles": interval, "family": XC7}
    given = design_decoder(model, max_dsp=area.dsp, **within)
    assert decoder_area(given, XC7).lut <= area.lut
    for limit in ({"latency_cycles": latency}, {"latency_cycles": latency + 10},
                  {"max_lut": int(area.lut) + 1}, {"max_blocks": area.dsp}):
        found = design_decoder(model, **limit, **within)
        assert XC7.cost(decoder_area(found, XC7)) <= XC7.cost(area), limit


def test_few_luts_want_more_blocks():
    model, _ = model_of("tcn")
    given = design_decoder(model, interval_cycles=200, max_dsp=1_000, family=XC7)
    most = int(decoder_area(given, XC7).lut) + 1
    assert most < decoder_area(design_decoder(model, interval_cycles=200, family=XC7), XC7).lut
    found = design_decoder(model, interval_cycles=200, max_lut=most, family=XC7)
    assert decoder_area(found, XC7).lut <= most
    assert found.frame_cycles <= 200
