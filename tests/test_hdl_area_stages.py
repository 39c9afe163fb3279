"""Estimated LUTs of stages that take several values at once, beside those that are synthesised."""

import pytest

from build_decoder.hdl.adapters.unpacker.plan import UnpackerPlan
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.layers.add.plan import AddPlan
from build_decoder.hdl.layers.global_average_pool.plan import GlobalAveragePoolPlan
from build_decoder.hdl.layers.max_pool.plan import MaxPoolPlan
from build_decoder.hdl.planning.area.plans import plan_area
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.layers.add import Add, Total
from build_decoder.quant.layers.global_average_pool import GlobalAveragePool
from build_decoder.quant.layers.max_pool import MaxPool
from build_decoder.quant.operations.average import Average
from build_decoder.quant.operations.pool import Pool
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.synthesis import synthesise
from tests.stage_rig import component
from tests.sweeps import swept_cases


def averages(count: int, channels: int, signed: bool) -> Plan:
    taken, given = QFormat(3, 5, signed), QFormat(2, 6, signed)
    layer = GlobalAveragePool(Average(taken, given, count), channels)
    return GlobalAveragePoolPlan(layer, Tensor((count, 1, channels), taken, channels))


def maxima(channels: int) -> Plan:
    taken = QFormat(2, 7, signed=False)
    layer = MaxPool(taken, Pool((3, 1)), (3, 1, channels))
    return MaxPoolPlan(layer, Tensor((9, 1, channels), taken, channels))


def sums(lanes: int) -> Plan:
    total = Total((QFormat(3, 5), QFormat(4, 4), QFormat(2, 6)), QFormat(4, 5))
    return AddPlan(Add(total, (6, lanes)), lanes)


PLANS = {
    "averages": averages(12, 2, True),
    "maxima": maxima(8),
    "sums": sums(6),
    "unpacked": UnpackerPlan(Tensor((4, 16), QFormat(3, 7), 16)),
    "averages, many": averages(100, 4, False),
    "averages, no product": averages(16, 8, True),
}


@pytest.mark.parametrize(
    ("name", "family"),
    swept_cases(
        [(name, family) for family in ("xc7", "ecp5") for name in PLANS
         if (name, family) != ("unpacked", "ecp5")],
        11,
    ),
)
def test_estimates_are_within_a_half(name, family, tmp_path):
    plan, family = PLANS[name], get(family)
    (tmp_path / "stage.v").write_text(to_verilog(component(plan), family=family))
    made = synthesise(tmp_path / "stage.v", family, tmp_path / "synthesis").resources
    assert 0.66 * made.lut <= plan_area(plan, family).lut <= 1.5 * made.lut
