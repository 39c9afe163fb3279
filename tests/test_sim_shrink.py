"""What fails is made smaller while it fails."""

import re

import numpy as np
import pytest

from build_decoder.hdl.stack.stages import KINDS
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.layers.max_pool import MaxPool
from build_decoder.sim import fuzz
from build_decoder.sim.amaranth_runner import AmaranthBench
from build_decoder.sim.fuzz import check_network
from build_decoder.sim.random_columns import random_columns
from build_decoder.sim.random_graphs import random_graph
from build_decoder.sim.random_networks import random_frames, random_network
from build_decoder.sim.random_stacks import STACKS
from build_decoder.sim.shrink import Case, shrunk

DRAWS = (random_network, random_graph, random_columns)


def drawn(draw, number: int, frames: int = 7) -> Case:
    random = np.random.default_rng([3, number])
    network = draw(random)
    return Case.of(network.plan, random_frames(random, network.model, frames))


def with_layer(kind, draw) -> Case:
    """A network of several layers, ``kind`` among them."""
    for number in range(50):
        case = drawn(draw, number)
        if len(case.model.nodes) > 2 and any(isinstance(x, kind) for x in case.model.layers):
            return case
    raise AssertionError


@pytest.mark.parametrize("draw", [*DRAWS, *STACKS])
@pytest.mark.parametrize("number", range(5))
def test_a_case_is_the_decoder_that_was_drawn(draw, number):
    random = np.random.default_rng([3, number])
    plan = draw(random).plan
    case = Case.of(plan, random_frames(random, plan.model, 2))
    assert repr(case.plan.stages) == repr(plan.stages)
    if not case.stacks:  # layers that share multipliers are made anew, and no two are equal
        assert case.plan.layers == plan.layers
        assert case.plan.stages == plan.stages


@pytest.mark.parametrize(
    ("kind", "draw"), [(MaxPool, random_columns), (Dense, random_graph), (Dense, random_network)]
)
def test_one_layer_at_fault_is_what_is_left(kind, draw):
    case = with_layer(kind, draw)
    tried = []

    def fails(case: Case) -> bool:
        tried.append(case)
        return any(isinstance(layer, kind) for layer in case.model.layers)

    found = shrunk(case, fails)
    (layer,) = found.model.layers
    assert isinstance(layer, kind)
    assert len(found.x_raw) == 1
    assert not found.choices
    # Its input is what it got in the network.
    (node,) = found.model.nodes
    (whole,) = (other for other in case.model.nodes if other.name == node.name)
    values = case.model.values(case.x_raw)
    flat = values[whole.inputs[0]].reshape(len(case.x_raw), -1)
    assert (flat == found.x_raw[0]).all(axis=1).any()
    assert str(found).endswith(f"frames={found.x_raw.tolist()}")


def test_layers_that_share_multipliers_stay_together_while_they_do():
    case = drawn(STACKS[1], 1)
    assert case.stacks

    def fails(case: Case) -> bool:
        try:
            return any(stage.plan.name in KINDS for stage in case.plan.stages)
        except ValueError:
            return False

    found = shrunk(case, fails)
    assert len(found.model.nodes) == 2
    assert len(found.x_raw) == 1
    assert not found.choices


def test_what_needs_two_frames_keeps_them():
    case = drawn(random_columns, 1, frames=9)
    found = shrunk(case, lambda case: len(case.x_raw) > 1)
    assert len(found.x_raw) == 2
    assert len(found.model.nodes) == 1


def test_a_case_that_is_the_smallest_stays_as_it_is():
    case = drawn(random_columns, 1)
    assert shrunk(case, lambda case: False) is case


def test_what_fails_in_the_fuzzer_is_printed_small(capsys, monkeypatch):
    """Each second value of a maximum is wrong."""
    class Wrong(AmaranthBench):
        def __init__(self, decoder, **more):
            super().__init__(decoder, **more)
            layers = zip(decoder.plan.layers, decoder.model.layers, strict=False)
            self.pools = [name for name, layer in layers if isinstance(layer, MaxPool)]

        def run(self, x_raw, **more):
            got, latency, interval = super().run(x_raw, **more)
            for name in self.pools:
                if name in self.transfers:
                    self.transfers[name][0] ^= 1
                else:
                    got[0, 0] ^= 1
            return got, latency, interval

    monkeypatch.setattr(fuzz, "AmaranthBench", Wrong)
    number = next(
        n for n in range(1, 99, 5)
        if any(isinstance(layer, MaxPool) for layer in random_columns(
            np.random.default_rng([14, n])).model.layers)
    )
    found = check_network(number, seed=14, samples=3, verilog=False)
    assert found.mismatches
    # An input may be called like the convolution that gave it.
    assert not re.search(r"conv\w*\(", found.smallest.split("; ", 1)[1])
    assert "pool" in found.smallest
    main = ["--only", str(number), "--seed", "14", "--samples", "3", "--jobs", "1"]
    assert fuzz.main(main) == 1
    assert f"  smallest: {found.smallest}\n" in capsys.readouterr().out
