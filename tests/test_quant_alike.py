"""Formats that layers have in common, so that one cell may serve them."""

from functools import cache

import numpy as np
import pytest

from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.stack.plan import StackPlan
from build_decoder.hdl.stack.stages import with_stacks
from build_decoder.models import Network
from build_decoder.models.golden import GoldenData
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.task import Kind, Task
from build_decoder.quant.alike import alike_nodes
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.formats import NodeKey, integer_model
from build_decoder.quant.search import search_formats
from tests.test_hdl_recurrent import in_a_row

SHAPE = (3, 4)
KINDS = {"lstm": Lstm, "gru": Gru}


@cache
def two_layers(kind: str) -> tuple[Network, GoldenData]:
    cell = KINDS[kind]
    network = in_a_row(cell(3, True), cell(2, False), Dense(2, "linear"), shape=SHAPE)
    x = np.random.default_rng(4).uniform(-1, 1, (200, SHAPE[0] * SHAPE[1]))
    held_out = np.arange(len(x)) % 4 == 0
    task = Task((Kind.CLASSES,), (), "tests")
    return network, GoldenData(x, network.forward(x), None, held_out, task)


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_leaves_one_cell_for_all_layers(kind):
    network, golden = two_layers(kind)
    found = search_formats(network, golden.search, Criterion(), BitCost, prune=False)
    alike = alike_nodes(network)
    for step in found.steps:
        for key, keys in alike.items():
            assert {step.formats[other] for other in keys} == {step.formats[key]}, step.name
    # Weights have formats of their own.
    own = [NodeKey(name, "weight") for name in ("l0", "l1")]
    assert [alike[key] for key in own] == [(key,) for key in own]
    model = with_stacks(integer_model(network, found.formats))
    assert StackPlan(model.layers[0], Folding(1, 1)).shares_cell


def test_layers_of_decoders_that_are_reloadable_share_nothing():
    network, golden = two_layers("gru")
    found = search_formats(
        network, golden.search, Criterion(), BitCost, prune=False, reloadable=True
    )
    roles = [key.role for key in alike_nodes(network) if key.node == "l0"]
    step = next(step for step in found.steps if step.name == "narrowed")
    assert any(
        step.formats[NodeKey("l0", role)] != step.formats[NodeKey("l1", role)] for role in roles
    )


@pytest.mark.parametrize(
    ("layers", "together"),
    [
        ([Lstm(3, True), Lstm(2, True), Lstm(2, False)], [("l0", "l1", "l2")]),
        ([Gru(3, True), Lstm(2, True), Lstm(2, False)], [("l1", "l2")]),
        ([Lstm(3, True), Lstm(2, True, True), Lstm(2, False)], []),
        ([Lstm(3, False), Dense(2, "tanh"), Dense(2, "linear")], []),
    ],
)
def test_layers_in_a_row_of_one_type_that_take_the_first_step_first(layers, together):
    alike = alike_nodes(in_a_row(*layers, shape=SHAPE))
    found = {tuple(key.node for key in keys) for keys in alike.values() if len(keys) > 1}
    assert found == {*together}
