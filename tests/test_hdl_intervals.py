"""Intervals of back-to-back frames: what the simulated decoder keeps, and known numbers."""

import numpy as np
import pytest

from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.timeline import frame_interval
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.amaranth_runner import simulate_amaranth
from tests.test_hdl_decoder import frames, model

CHAINS = [
    ((5, 3), [(1, 3)]),
    ((5, 3), [(5, 3)]),
    ((4, 9), [(2, 2)]),
    ((3, 8, 2), [(1, 8), (1, 2)]),
    ((3, 8, 2), [(3, 8), (8, 2)]),
    ((6, 5, 3), [(1, 2), (1, 1)]),
    ((6, 7, 3), [(2, 3), (4, 2)]),
    ((4, 6, 5, 2), [(4, 2), (3, 1), (1, 2)]),
    ((2, 9, 3), [(2, 9), (1, 1)]),
    ((7, 5, 6), [(7, 1), (2, 6)]),
    ((2, 5, 5, 2), [(1, 5), (2, 2), (5, 2)]),
    ((9, 4, 7), [(3, 4), (4, 2)]),
]


@pytest.mark.parametrize(("widths", "foldings"), CHAINS, ids=str)
def test_the_simulated_interval(widths, foldings):
    net = model(widths, ("linear",) * len(foldings))
    decoder = Decoder(DecoderPlan.of(net, [Folding(*folding) for folding in foldings]))
    x = frames(net, 14)
    y, _, interval = simulate_amaranth(decoder, x)
    np.testing.assert_array_equal(y, net.compute(x))
    assert decoder.frame_cycles == frame_interval(decoder.plan.stages) == interval


def test_the_chains_have_all_that_there_is():
    plans = [
        stage.plan for widths, foldings in CHAINS
        for stage in DecoderPlan.of(
            model(widths, ("linear",) * len(foldings)), [Folding(*f) for f in foldings]
        ).stages
    ]
    dense = [plan for plan in plans if isinstance(plan, DensePlan)]
    packers = [plan for plan in plans if isinstance(plan, PackerPlan)]
    assert {plan.double_buffered for plan in dense} == {True, False}
    assert {plan.passes > 1 for plan in dense} == {True, False}
    assert {len(set(plan.groups)) > 1 for plan in dense} == {True, False}
    assert any(plan.registered_selection for plan in dense)
    assert {plan.count % plan.lanes > 0 for plan in packers} == {True, False}


def layer(inputs, units, folding, *, lanes=1, double_buffered=True) -> DensePlan:
    (dense,) = model((inputs, units), ("linear",)).layers
    return DensePlan(dense, Folding(*folding), lanes, double_buffered=double_buffered)


def packer(lanes, count) -> PackerPlan:
    return PackerPlan(Tensor((count,), QFormat(4, 0), 1), lanes)


@pytest.mark.parametrize(
    ("plans", "interval"),
    [
        # Inputs decide: as many cycles as transfers in.
        ([layer(40, 3, (1, 3))], 40),
        ([layer(40, 3, (4, 3))], 10),
        # Sums decide: product, sum and capture, and three groups.
        ([layer(2, 3, (1, 3))], 6),
        # Without a capture, the next frame waits: 2 and 3 cycles, and then the inputs.
        ([layer(40, 3, (1, 3), double_buffered=False)], 44),
        # Three passes.
        ([layer(40, 3, (1, 1))], 120),
        # An adder tree of two levels, and groups of 2, 2 and 1.
        ([layer(4, 5, (4, 2))], 20),
        # A packer takes a value each cycle.
        ([packer(3, 7), layer(7, 2, (3, 2))], 7),
        ([packer(3, 8), layer(8, 2, (3, 2))], 8),
        ([layer(4, 9, (1, 9)), packer(4, 9), layer(9, 2, (4, 2))], 12),
        # The slowest one holds up the others.
        ([layer(4, 9, (4, 9)), layer(9, 2, (1, 2))], 14),
        ([layer(4, 9, (4, 9)), layer(9, 2, (1, 1))], 18),
    ],
)
def test_known_intervals(plans, interval):
    sources = ["x", *map(str, range(len(plans)))]
    stages = [
        Stage(str(number), plan, (Port(source),))
        for number, (plan, source) in enumerate(zip(plans, sources, strict=False))
    ]
    assert frame_interval(stages) == interval
