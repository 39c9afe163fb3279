"""The front of latency against area of networks that are no chain of dense layers."""

from functools import cache

import numpy as np
import pytest

from build_decoder.boards.pynq_z1 import BOARD
from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.layers.conv2d.heap.plan import ConvolutionHeapPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.design_front import DesignPoint
from build_decoder.hdl.planning.graph_front import graph_front
from build_decoder.models.errors import InputError
from build_decoder.options import HardwareOptions
from build_decoder.pareto import find_front, save_front
from build_decoder.sim.amaranth_runner import simulate_amaranth
from tests.sweeps import swept
from tests.test_hdl_columns import like_mini, like_tcn, quantised
from tests.test_hdl_conv2d_heap import averaged

XC7 = families.get("xc7")


@cache
def model_of(name: str):
    return quantised({"tcn": like_tcn, "mini": like_mini}[name]())


@cache
def front_of(name: str) -> list[DesignPoint]:
    return graph_front(model_of(name)[0], family=XC7)


@pytest.mark.parametrize("name", ["tcn", "mini"])
def test_no_point_is_better_than_another(name):
    front = front_of(name)
    assert len(front) > 5
    for one, next in zip(front, front[1:], strict=False):
        assert one.latency_cycles < next.latency_cycles
        assert one.cost > next.cost


@pytest.mark.parametrize("name", ["tcn", "mini"])
def test_nothing_that_is_chosen_for_an_interval_is_better(name):
    """By latency and cost both."""
    model, _ = model_of(name)
    for point in front_of(name)[::3]:
        plan = design_decoder(model, interval_cycles=point.plan.frame_cycles, family=XC7)
        chosen = DesignPoint.of(plan, XC7)
        assert any(
            other.latency_cycles <= chosen.latency_cycles and other.cost <= chosen.cost
            for other in front_of(name)
        )


def test_convolutions_as_bit_heaps_are_among_them():
    quick, *_ = graph_front(averaged(), family=XC7)
    assert isinstance(quick.plan.layers["conv"], ConvolutionHeapPlan)
    (quick, *_) = graph_front(averaged(), family=XC7, interval=quick.plan.frame_cycles)
    assert isinstance(quick.plan.layers["conv"], ConvolutionHeapPlan)


def test_engines_are_among_them():
    """Of the network with more than three convolutions."""
    assert any(Engine.of(point.plan) for point in front_of("mini"))
    assert not any(Engine.of(point.plan) for point in front_of("tcn"))


def test_latency_at_a_pace():
    """Engines that add columns as they come are among them."""
    model, _ = model_of("mini")
    front = graph_front(model, family=XC7, interval=9_000)
    engines = [engine for point in front if (engine := Engine.of(point.plan))]
    assert any(engine.early for engine in engines)
    for one, next in zip(front, front[1:], strict=False):
        assert one.latency_cycles < next.latency_cycles
        assert one.cost > next.cost
    for point in front:
        assert point.plan.frame_cycles <= 9_000
        assert point.latency_cycles == point.plan.latency_at_pace(9_000)


@pytest.mark.parametrize("name", swept(["mini", "tcn"], 2))
def test_its_ends_are_decoders_that_compute_the_model(name):
    model, x = model_of(name)
    for point in (front_of(name)[0], front_of(name)[-1]):
        y, latency, interval = simulate_amaranth(Decoder(point.plan), np.tile(x, (2, 1)))
        np.testing.assert_array_equal(y, np.tile(model.compute(x), (2, 1)))
        assert (latency, interval) == (point.latency_cycles, point.plan.frame_cycles)


def test_limits_are_kept():
    model, _ = model_of("mini")
    front = front_of("mini")
    latency, lut = front[len(front) // 2].latency_cycles, front[len(front) // 2].area.lut
    for point in graph_front(model, family=XC7, max_latency=latency, max_blocks=5):
        assert point.latency_cycles <= latency
        assert point.area.dsp <= 5
    assert all(point.area.lut <= lut for point in graph_front(model, family=XC7, max_lut=lut))


def test_files_name_the_layers_or_the_engine(tmp_path):
    model, _ = model_of("mini")
    points = find_front(model, HardwareOptions(), BOARD, 100.0)
    save_front(tmp_path / "pareto.json", model, points, BOARD, 100.0)
    text = (tmp_path / "pareto.json").read_text()
    assert '"type": "conv2d"' in text
    assert '"label": "engine ' in text
    assert '"taps": ' in text
    fast = find_front(model, HardwareOptions(interval=1000), BOARD, 100.0)
    assert 0 < len(fast) < len(points)
    assert all(point.design.plan.frame_cycles <= 1000 for point in fast)
    with pytest.raises(InputError, match="an interval of at most 1 cycles, got none: .*the f"):
        find_front(model, HardwareOptions(interval=1), BOARD, 100.0)
