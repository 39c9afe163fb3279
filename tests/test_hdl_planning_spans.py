"""When stages give what they give, within a frame."""

import numpy as np
import pytest

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.spans import spans
from build_decoder.sim.random_graphs import random_graph
from tests.reloads import built_model


def test_spans_of_a_chain():
    """Units that are computed one after the other come out so: by hand."""
    plan = DecoderPlan.of(built_model((11, 7, 3)), [Folding(1, 7), Folding(1, 3)])
    first, second = spans(plan.stages)
    assert isinstance(plan.stages[0].plan, DensePlan)
    assert first.last - first.first == 6  # seven values, one a cycle
    assert second.last - second.first == 2
    assert first.first > 10  # not before all 11 values are in
    assert second.last == plan.latency_cycles


@pytest.mark.parametrize("seed", range(6))
def test_the_last_one_ends_with_the_latency(seed):
    model = random_graph(np.random.default_rng(seed)).model
    plan = design_decoder(model)
    found = spans(plan.stages)
    assert [span.stage for span in found] == [stage.name for stage in plan.stages]
    assert all(0 <= span.first <= span.last <= plan.latency_cycles for span in found)
    assert found[-1].last == plan.latency_cycles
    for stage, span in zip(plan.stages, found, strict=True):
        assert span.last - span.first >= stage.plan.output.beats - 1
