"""Blocks are instantiated only where operands fit them."""

import numpy as np
import pytest

from hdl.export import to_verilog
from hdl.folding import Folding
from hdl.mac_unit import MacUnit, fits_dsp48e1
from hdl.multipliers import Multiplier
from hdl.plan import DensePlan
from quant.activations import integer_activation
from quant.dense import Dense
from quant.qformat import QFormat


def plan(input: QFormat, weight: QFormat) -> DensePlan:
    random = np.random.default_rng(0)
    layer = Dense(
        input=input, weight=weight, accumulator=QFormat(8, 0), bias=QFormat(2, 0),
        weights=random.integers(weight.min_raw, weight.max_raw, (2, 2), endpoint=True),
        biases=np.zeros(2, dtype=np.int64),
        activation=integer_activation("linear", QFormat(8, 0), QFormat(8, 0)),
    )
    return DensePlan(layer, Folding(1, 2), 1, double_buffered=True)


@pytest.mark.parametrize(
    ("family", "input", "weight", "fits"),
    [
        ("xc7", QFormat(18, 0), QFormat(25, 0), True),
        ("xc7", QFormat(17, 0, signed=False), QFormat(25, 0), True),
        ("xc7", QFormat(18, 0, signed=False), QFormat(8, 0), False),
        ("xc7", QFormat(19, 0), QFormat(8, 0), False),
        ("xc7", QFormat(8, 0), QFormat(26, 0), False),
        ("ecp5", QFormat(18, 0), QFormat(18, 0), True),
        ("ecp5", QFormat(18, 0, signed=False), QFormat(18, 0), True),
        ("ecp5", QFormat(19, 0), QFormat(8, 0), False),
        ("ecp5", QFormat(8, 0), QFormat(19, 0), False),
    ],
    ids=str,
)
def test_block_for_operands_that_fit(family, input, weight, fits):
    block = {"xc7": "DSP48E1", "ecp5": "MULT18X18D"}[family]
    text = to_verilog(MacUnit(Multiplier.DSP, plan(input, weight)), family=family)
    assert (f"{block} #" in text) == fits


def test_packing_needs_room_for_both_weights():
    found = set()
    for width in range(2, 20):
        packed = plan(QFormat(4, 0), QFormat(width, 0))
        low, high = packed.parameters.weights[:, 0], packed.parameters.weights[:, 1]
        operands = [*(high << packed.unit_width), *((high << packed.unit_width) + low)]
        room = all(-(1 << 24) <= operand < 1 << 24 for operand in operands)
        # A port is judged by its format, so that there may be room and no packing.
        fits = fits_dsp48e1(packed, Multiplier.PACKED)
        assert room or not fits
        found.add(fits)
    assert found == {True, False}
