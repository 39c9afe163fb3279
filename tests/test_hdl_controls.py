"""Components keep to the actors of their plans, cycle by cycle, however they are stalled."""

import numpy as np
import pytest

from build_decoder.hdl.adapters.fifo.component import Fifo
from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.adapters.fork.component import Fork
from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.adapters.join.component import Join
from build_decoder.hdl.adapters.join.plan import JoinPlan
from build_decoder.hdl.adapters.packer.component import Packer
from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.layers.dense.component import DenseComponent
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.interface import SETTLING_CYCLES
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.ports import inputs_of, outputs_of
from build_decoder.quant.qformat import QFormat
from tests.rtl import simulate
from tests.test_hdl_decoder import model

CYCLES = 600


def vector(count: int, lanes: int = 1, format: QFormat = QFormat(3, 1)) -> Tensor:
    return Tensor((count,), format, lanes)


def dense(inputs, units, folding, lanes=1, *, double_buffered=True) -> DenseComponent:
    (layer,) = model((inputs, units), ("sigmoid",)).layers
    return DenseComponent(
        DensePlan(layer, Folding(*folding), lanes, double_buffered=double_buffered)
    )


STAGES = {
    "dense of one pass": dense(7, 5, (1, 5)),
    "dense of one pass that waits": dense(7, 5, (1, 5), double_buffered=False),
    "dense of one beat": dense(3, 6, (3, 6), 6),
    "dense of three passes": dense(5, 7, (2, 3)),
    "dense of three passes that wait": dense(5, 7, (2, 3), 3, double_buffered=False),
    "dense of one beat and seven passes": dense(2, 7, (2, 1), double_buffered=False),
    "packer of whole transfers": Packer(PackerPlan(vector(6), 3)),
    "packer with a rest": Packer(PackerPlan(vector(7), 3)),
    "packer step by step": Packer(PackerPlan(Tensor((2, 5), QFormat(3, 1), 1), 2)),
    "fork of two": Fork(ForkPlan(vector(5), 2)),
    "fork of three": Fork(ForkPlan(vector(4, 2), 3)),
    "fifo of two": Fifo(FifoPlan(vector(5), 2)),
    "fifo of three": Fifo(FifoPlan(vector(5), 3)),
    "fifo of nine": Fifo(FifoPlan(vector(3, 2), 9)),
    "join of two": Join(JoinPlan((vector(3), vector(1)))),
    "join of three": Join(JoinPlan((vector(2, 2), vector(6, 2), vector(5, 2)))),
    "join step by step": Join(JoinPlan((Tensor((3, 2), QFormat(3, 1), 1),) * 2)),
}


def by_its_actors(plan, offered, ready) -> tuple[np.ndarray, np.ndarray]:
    """What is taken at each input (cycles, inputs) and offered at each output (cycles, outputs)."""
    actors = plan.actors
    rows = {port: [False] * actor.registers for actor in actors for port in actor.gives}
    assert sorted(rows) == list(range(plan.outputs))
    place, done = [0] * len(actors), [0] * len(actors)
    units, coming = {}, []
    for actor in actors:
        for phase in actor.phases:
            for slot, _ in (*phase.reserve, *phase.release):
                units[slot] = slot.units
    taken, shown = np.zeros_like(offered), np.zeros_like(ready)
    for cycle in range(len(offered)):
        for slot, count, due in coming:
            units[slot] += count * (due == cycle)
        shown[cycle] = [rows[port][-1] for port in sorted(rows)]
        moving = {port: ready[cycle, port] or not rows[port][-1] for port in rows}
        given = set()
        for number, actor in enumerate(actors):
            phase = actor.phases[place[number]]
            if not all(offered[cycle, port] for port in phase.take):
                continue
            if not all(moving[port] for port in (actor.gives if phase.moves else phase.give)):
                continue
            if done[number] == 0:
                if any(units[slot] < count for slot, count in phase.reserve):
                    continue
                for slot, count in phase.reserve:
                    units[slot] -= count
            taken[cycle, list(phase.take)] = True
            given |= set(phase.give)
            done[number] += 1
            if done[number] == phase.count:
                coming += [(slot, count, cycle + slot.delay) for slot, count in phase.release]
                done[number], place[number] = 0, (place[number] + 1) % len(actor.phases)
        for port, row in rows.items():
            if moving[port]:
                rows[port] = [port in given, *row[:-1]]
    return taken, shown


def by_hardware(dut, offered, ready) -> tuple[np.ndarray, np.ndarray]:
    inputs, outputs = inputs_of(dut), outputs_of(dut)
    seen = []

    async def testbench(ctx):
        for valid, taken in zip(offered, ready, strict=True):
            for port, bit in zip(inputs, valid, strict=True):
                ctx.set(port.valid, bool(bit))
            for port, bit in zip(outputs, taken, strict=True):
                ctx.set(port.ready, bool(bit))
            went = [
                bool(bit and ctx.get(port.ready))
                for port, bit in zip(inputs, valid, strict=True)
            ]
            seen.append((went, [bool(ctx.get(port.valid)) for port in outputs]))
            await ctx.tick()

    simulate(dut, testbench)
    taken, shown = zip(*seen, strict=True)
    return np.array(taken), np.array(shown)


def held(random, shape, probability: float) -> np.ndarray:
    """Random offers, in stretches of one to some cycles."""
    cycles, ports = shape
    stretches = random.random((cycles, ports)) < probability
    return np.repeat(stretches, random.integers(1, 12, cycles), axis=0)[:cycles]


@pytest.mark.parametrize("probabilities", [(1, 1), (0.5, 1), (1, 0.5), (0.5, 0.5), (0.9, 0.2)])
@pytest.mark.parametrize("name", STAGES)
def test_a_component_keeps_to_its_actors(name, probabilities):
    dut = STAGES[name]
    plan = dut.plan
    random = np.random.default_rng(0)
    offered = held(random, (CYCLES, len(plan.inputs)), probabilities[0])
    ready = held(random, (CYCLES, plan.outputs), probabilities[1])
    offered[:SETTLING_CYCLES] = False
    expected = by_its_actors(plan, offered, ready)
    got = by_hardware(dut, offered, ready)
    for which, of_actors, of_hardware in zip(("taken", "shown"), expected, got, strict=True):
        assert of_actors.any(axis=0).all()
        np.testing.assert_array_equal(of_hardware, of_actors, which)
