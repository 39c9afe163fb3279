"""Components keep to the actors of their plans, cycle by cycle, however they are stalled."""

import pytest

from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.adapters.join.plan import JoinPlan
from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.qformat import QFormat
from tests.stage_rig import check_control, component
from tests.test_hdl_decoder import model


def vector(count: int, lanes: int = 1, format: QFormat = QFormat(3, 1)) -> Tensor:
    return Tensor((count,), format, lanes)


def dense(inputs, units, folding, lanes=1, *, double_buffered=True) -> DensePlan:
    (layer,) = model((inputs, units), ("sigmoid",)).layers
    return DensePlan(layer, Folding(*folding), lanes, double_buffered=double_buffered)


STAGES = {
    "dense of one pass": dense(7, 5, (1, 5)),
    "dense of one pass that waits": dense(7, 5, (1, 5), double_buffered=False),
    "dense of one beat": dense(3, 6, (3, 6), 6),
    "dense of three passes": dense(5, 7, (2, 3)),
    "dense of three passes that wait": dense(5, 7, (2, 3), 3, double_buffered=False),
    "dense of one beat and seven passes": dense(2, 7, (2, 1), double_buffered=False),
    "packer of whole transfers": PackerPlan(vector(6), 3),
    "packer with a rest": PackerPlan(vector(7), 3),
    "packer step by step": PackerPlan(Tensor((2, 5), QFormat(3, 1), 1), 2),
    "fork of two": ForkPlan(vector(5), 2),
    "fork of three": ForkPlan(vector(4, 2), 3),
    "fifo of two": FifoPlan(vector(5), 2),
    "fifo of three": FifoPlan(vector(5), 3),
    "fifo of nine": FifoPlan(vector(3, 2), 9),
    "join of two": JoinPlan((vector(3), vector(1))),
    "join of three": JoinPlan((vector(2, 2), vector(6, 2), vector(5, 2))),
    "join step by step": JoinPlan((Tensor((3, 2), QFormat(3, 1), 1),) * 2),
}


@pytest.mark.parametrize("probabilities", [(1, 1), (0.5, 1), (1, 0.5), (0.5, 0.5), (0.9, 0.2)])
@pytest.mark.parametrize("name", STAGES)
def test_a_component_keeps_to_its_actors(name, probabilities):
    check_control(component(STAGES[name]), probabilities)
