"""What options ask for."""

from functools import partial

import numpy as np
import pytest

from build_decoder.actions import design
from build_decoder.design_file import Design
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.models.errors import InputError
from build_decoder.options import HardwareOptions
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from tests.test_hdl_columns import like_mini, quantised

_SLOW, _FAST = 120, 130
"""Clocks in MHz between which ECP5's products change."""


def test_samples_are_those_of_the_axis_that_is_time():
    """Whichever way round samples are given, layers take them column by column."""
    model, _ = quantised(like_mini())
    items = {item.name: item for item in model.inputs}
    given, columns = model.inputs[0].shape[0], items[order_of(model).source].shape[0]
    assert given != columns
    cycles = 270
    plan = design(model, HardwareOptions(keep_up=1e6 / cycles), clock_mhz=1)
    asked = design(model, HardwareOptions(interval=cycles * columns))
    assert plan.frame_cycles == asked.frame_cycles <= cycles * columns
    assert design(model, HardwareOptions(interval=cycles * given)).frame_cycles != plan.frame_cycles


def test_more_samples_than_cycles_are_refused():
    options = HardwareOptions(keep_up=3e6)
    assert options.interval_cycles(1, 3) == 1
    with pytest.raises(InputError, match=r"^--keep-up: expected at most 2e\+06 .* 1 MHz, got 3e"):
        options.interval_cycles(1, 2)


def _layer(inputs: int, units: int, taken: QFormat, weight: QFormat) -> Dense:
    random = np.random.default_rng(2)
    raw = random.integers(weight.min_raw, weight.max_raw, (inputs, units), endpoint=True)
    sums, given = QFormat(8, 4), QFormat(1, 7, signed=False)
    return Dense(
        input=taken, weight=weight, accumulator=sums, bias=QFormat(4, 4), weights=raw,
        biases=random.integers(-9, 9, units), activation=integer_activation("relu", sums, given),
    )


@pytest.fixture(scope="module")
def chain() -> IntegerModel:
    """Products in blocks, or in rows of adders; in selecting units; and by truth tables."""
    bytes_, bits = QFormat(1, 7, signed=False), QFormat(1, 7, signed=False)
    layers = (
        _layer(12, 5, bytes_, QFormat(0, 8)),
        _layer(5, 4, bits, QFormat(0, 2)),
        _layer(4, 3, bits, QFormat(0, 9)),
    )
    return IntegerModel.chain("clocked", layers)


@pytest.mark.parametrize("max_blocks", [100, 0], ids=["blocks", "rows of adders"])
def test_products_take_two_cycles_where_the_clock_asks_for_it(max_blocks, chain, tmp_path):
    made = partial(design, chain, family=ECP5, max_blocks=max_blocks)
    plain, slow, fast = (
        made(HardwareOptions(), clock_mhz=clock) for clock in (None, _SLOW, _FAST)
    )
    assert [layer.choices for layer in slow.dense] == [layer.choices for layer in plain.dense]
    assert bool(plain.dense[0].multipliers.blocks) == bool(max_blocks)
    assert plain.dense[1].multipliers.select == 4
    assert [layer.pipelined_products for layer in fast.dense] == [True, False, True]
    assert fast.latency_cycles == plain.latency_cycles + 2
    assert fast.frame_cycles == plain.frame_cycles
    Design.of(fast, ECP5).save(tmp_path / "design.json")
    read = Design.load(tmp_path / "design.json").plan(chain)
    assert [layer.pipelined_products for layer in read.dense] == [True, False, True]


def test_products_of_one_cycle_where_targets_ask_for_it(chain):
    # Bit heaps would be cheaper than products.
    made = partial(design, chain, family=ECP5)
    plain = made(HardwareOptions())
    for cycles in (plain.latency_cycles, plain.latency_cycles + 2):
        options = HardwareOptions(latency=cycles, datapath=("dsp",))
        plan = made(options, clock_mhz=_FAST)
        assert plan.latency_cycles <= cycles
    assert all(layer.pipelined_products for layer in plan.dense)


def test_products_of_other_families_take_one_cycle(chain):
    plan = design(chain, HardwareOptions(), family=XC7, clock_mhz=400)
    assert not any(layer.pipelined_products for layer in plan.dense)
