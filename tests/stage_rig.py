"""Stages by themselves: run as their actors say, and as hardware."""

from collections.abc import Sequence

import numpy as np

from build_decoder.hdl.decoder import component_type
from build_decoder.hdl.planning.interface import SETTLING_CYCLES
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.sim.streams import (
    expect_silence,
    random_stalls,
    receive,
    send,
    stalls_until,
)
from tests.rtl import simulator_of

CYCLES = 600
FRAMES = 6


def component(plan: Plan):
    """The hardware of a plan."""
    return component_type(type(plan))(plan)


def check_control(dut, *probabilities: tuple[float, float], cycles: int = CYCLES) -> None:
    """A component keeps to its plan's actors, cycle by cycle, in a run for each pair.

    ``probabilities`` are those of an input that offers and of an output that is taken.
    """
    plan = dut.plan
    offers = []
    for offering, taking in probabilities:
        random = np.random.default_rng(0)
        offered = held(random, (cycles, len(plan.inputs)), offering)
        ready = held(random, (cycles, plan.outputs), taking)
        offered[:SETTLING_CYCLES] = False
        offers.append((offered, ready))
    for (offered, ready), got in zip(offers, by_hardware(dut, offers), strict=True):
        expected = by_its_actors(plan, offered, ready)
        for which, of_actors, of_hardware in zip(("taken", "shown"), expected, got, strict=True):
            assert of_actors.any(axis=0).all()
            np.testing.assert_array_equal(of_hardware, of_actors, which)


def by_its_actors(plan, offered, ready) -> tuple[np.ndarray, np.ndarray]:
    """What is taken at each input (cycles, inputs) and offered at each output (cycles, outputs)."""
    actors = plan.actors
    rows = {port: [False] * actor.registers for actor in actors for port in actor.gives}
    assert sorted(rows) == list(range(plan.outputs))
    place, done = [0] * len(actors), [0] * len(actors)
    # Phases of the frame that each actor is at: those of the first one may be others.
    phases = [actor.first or actor.phases for actor in actors]
    units, coming = {}, []
    for actor in actors:
        for phase in (*actor.first, *actor.phases):
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
            phase = phases[number][place[number]]
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
                done[number], place[number] = 0, place[number] + 1
                if place[number] == len(phases[number]):
                    phases[number], place[number] = actor.phases, 0
        for port, row in rows.items():
            if moving[port]:
                rows[port] = [port in given, *row[:-1]]
    return taken, shown


def by_hardware(dut, offers) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same, of a run for each pair of offers."""
    inputs, outputs = dut.inputs, dut.outputs
    waiting, seen = list(offers), []

    async def testbench(ctx):
        seen.append([])
        for valid, taken in zip(*waiting.pop(0), strict=True):
            for port, bit in zip(inputs, valid, strict=True):
                ctx.set(port.valid, bool(bit))
            for port, bit in zip(outputs, taken, strict=True):
                ctx.set(port.ready, bool(bit))
            went = [
                bool(bit and ctx.get(port.ready))
                for port, bit in zip(inputs, valid, strict=True)
            ]
            seen[-1].append((went, [bool(ctx.get(port.valid)) for port in outputs]))
            await ctx.tick()

    simulator = simulator_of(dut, testbench)
    while waiting:
        if seen:
            simulator.reset()
        simulator.run()
    return [tuple(map(np.array, zip(*of_run, strict=True))) for of_run in seen]


def held(random, shape, probability: float) -> np.ndarray:
    """Random offers, in stretches of one to some cycles."""
    cycles, ports = shape
    stretches = random.random((cycles, ports)) < probability
    return np.repeat(stretches, random.integers(1, 12, cycles), axis=0)[:cycles]


def transfers(frames: np.ndarray, tensor: Tensor) -> list[list[int]]:
    """Values (frames, ...) as transfers; lanes that are left over are -1."""
    steps = frames.reshape(len(frames) * tensor.steps, tensor.step_values)
    spare = tensor.step_beats * tensor.lanes - tensor.step_values
    filled = np.pad(steps, ((0, 0), (0, spare)), constant_values=-1)
    return filled.reshape(-1, tensor.lanes).tolist()


def values(received: list[list[int]], tensor: Tensor) -> np.ndarray:
    """Values (frames, count) of transfers, without lanes that are left over."""
    steps = np.reshape(received, (-1, tensor.step_beats * tensor.lanes))
    return steps[:, : tensor.step_values].reshape(-1, tensor.count)


def run(dut, given: list[np.ndarray], *, seed: int | None, deadline: int = 500):
    """Values of each output, cycles of transfers in at each input, and out at each output."""
    return runs(dut, given, seeds=[seed], deadline=deadline)[0]


def runs(dut, given: list[np.ndarray], *, seeds: Sequence[int | None], deadline: int = 500):
    """The same, of a run from a reset on for each seed."""
    plan = dut.plan
    mode, taken, got = {}, {}, {}
    wanted = len(given[0]) * plan.output.beats

    def stalls(n: int):
        seed = mode["seed"]
        return stalls_until(0) if seed is None else random_stalls(10 * seed + n)

    def source(number, port):
        async def testbench(ctx):
            offered = transfers(given[number], plan.inputs[number])
            taken[number] = await send(ctx, port, offered, stalls=stalls(number), deadline=deadline)

        return testbench

    def sink(number, port):
        async def testbench(ctx):
            payloads, cycles = await receive(
                ctx, port, wanted, stalls=stalls(5 + number), deadline=deadline
            )
            await expect_silence(ctx, port, 20)
            got[number] = values([list(payload) for payload in payloads], plan.output), cycles

        return testbench

    sources = [source(*each) for each in enumerate(dut.inputs)]
    sinks = [sink(*each) for each in enumerate(dut.outputs)]
    simulator = simulator_of(dut, *sources, *sinks)
    found = []
    for seed in seeds:
        if found:
            simulator.reset()
        mode["seed"] = seed
        simulator.run()
        found.append(
            ([got[n][0] for n in sorted(got)], dict(taken), [got[n][1] for n in sorted(got)])
        )
    return found


def random_frames(tensor: Tensor, seed: int = 0) -> np.ndarray:
    low, high = tensor.format.min_raw, tensor.format.max_raw
    frames = np.random.default_rng(seed).integers(low, high + 1, (FRAMES, tensor.count))
    frames[0], frames[1] = low, high
    return frames
