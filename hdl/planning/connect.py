"""Stages of a decoder: plans of its layers, and the adapters that they need between them."""

from collections.abc import Mapping
from dataclasses import replace

from build_decoder.hdl.adapters.fork.plan import ForkPlan
from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.adapters.replay.plan import ReplayPlan
from build_decoder.hdl.adapters.unpacker.plan import UnpackerPlan
from build_decoder.hdl.planning.fifo_depth import with_fifos
from build_decoder.hdl.planning.input_order import InputOrder, order_of
from build_decoder.hdl.planning.live_depth import live_depths
from build_decoder.hdl.planning.plan import LayerPlan, Plan
from build_decoder.hdl.planning.quick_depth import quick_depths
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["connected", "without_fifos"]

Takers = Mapping[str, list[tuple[str, int]]]
"""Layers and replayed inputs that take what an input or a layer gives, and at which of their
inputs, by name."""


def connected(model: IntegerModel, plans: Mapping[str, LayerPlan]) -> tuple[Stage, ...]:
    """The stages of a decoder, each after those that it takes from.

    A layer puts out as many values a transfer as those behind it take, where it can and they
    agree; single values otherwise, which packers gather. Some give no fewer values than they do:
    what is behind them takes these where it can and would be slower else, or unpackers make fewer
    of them. Layers that have time to spare get plans
    of less area. What several layers take goes through a fork, and where branches come together
    again, what would hold up a fork waits in a FIFO. An input in another order than that in which
    values come is replayed.

    Parameters
    ----------
    plans
        Of the layers, by the names of their nodes, whatever their lanes out are.

    Raises
    ------
    ValueError
        If an input is no order of all values, or nothing takes what a layer gives.
    """
    stages = without_fifos(model, plans)
    return tuple(with_fifos(stages, quick_depths(stages, live_depths(stages))))


def without_fifos(model: IntegerModel, plans: Mapping[str, LayerPlan]) -> list[Stage]:
    """The stages of :func:`connected`, without FIFOs, whose depths take time to find: together they
    go on no faster than the slowest of them, and may wait for each other for ever.

    Parameters and errors are those of :func:`connected`.
    """
    order = order_of(model)
    takers = _takers(model, order)
    plans = _kept_up(_widened(model, _with_lanes(model, plans, takers)))
    inputs = {item.name: item for item in model.inputs}
    replays = {
        name: ReplayPlan(Tensor(inputs[name].shape, inputs[name].format, 1), places)
        for name, places in order.others.items()
    }
    every: dict[str, Plan] = plans | replays
    source = inputs[order.source]
    ports = {}
    given = Tensor(source.shape, source.format, _lanes_wanted(every, takers[source.name]))
    if given.steps > 1 and given.step_values % given.lanes:
        # Outside, transfers are filled; a packer fills those of each step.
        given = replace(given, lanes=1)
    stages = _behind(source.name, Port(source.name), given, every, takers, ports)
    for name, plan in replays.items():
        stages.append(Stage(name, plan, (ports[name, 0],)))
        stages += _behind(name, Port(name), plan.output, every, takers, ports)
    for node in model.nodes:
        plan, port = plans[node.name], Port(node.name)
        if plan.wires:
            port = ports[node.name, 0]
        else:
            inputs = tuple(ports[node.name, number] for number in range(len(node.inputs)))
            stages.append(Stage(node.name, plan, inputs))
        stages += _behind(node.name, port, plan.output, plans, takers, ports)
    last = stages[-1].plan.output
    if last.lanes not in (1, model.output_count):
        # Hosts take outputs one by one, or all of them.
        name = stages[-1].name
        stages.append(Stage(f"{name}.unpacker", UnpackerPlan(last), (Port(name),)))
    return stages


def _takers(model: IntegerModel, order: InputOrder) -> Takers:
    takers = {name: [] for name in (order.source, *order.others)}
    takers |= {node.name: [] for node in model.nodes}
    takers[order.source] += ((name, 0) for name in order.others)
    for node in model.nodes:
        for number, source in enumerate(node.inputs):
            takers[source].append((node.name, number))
    for name in list(takers)[:-1]:
        if not takers[name]:
            raise ValueError(f"expected a layer that takes from {name}, got none")
    return takers


def _lanes_wanted(plans: Mapping[str, Plan], ways: list[tuple[str, int]]) -> int:
    """Lanes that all agree on, or one; a decoder puts out single values."""
    lanes = {plans[name].inputs[number].lanes for name, number in ways}
    return lanes.pop() if len(lanes) == 1 else 1


def _with_lanes(
    model: IntegerModel, plans: Mapping[str, LayerPlan], takers: Takers
) -> dict[str, LayerPlan]:
    plans = dict(plans)
    # What a layer gives may decide what it takes.
    for node in reversed(model.nodes):
        plans[node.name] = plans[node.name].giving(_lanes_wanted(plans, takers[node.name]))
    return plans


def _widened(model: IntegerModel, plans: Mapping[str, LayerPlan]) -> dict[str, LayerPlan]:
    """Plans that take all values that a faster layer gives at once, where they can."""
    plans = dict(plans)
    for node in model.nodes:
        before = [plans[source] for source in node.inputs if source in plans]
        plan, lanes = plans[node.name], {source.output.lanes for source in before}
        if len(before) < len(node.inputs) or len(lanes) > 1:
            continue
        wide = plan.giving(*lanes)
        if (
            plan.inputs[0].lanes < wide.inputs[0].lanes
            and {taken.lanes for taken in wide.inputs} == lanes
            and max(source.pace for source in before) < plan.pace
        ):
            plans[node.name] = wide
    return plans


def _kept_up(plans: Mapping[str, LayerPlan]) -> dict[str, LayerPlan]:
    """Plans that keep up with the slowest of them, at less area where they can."""
    hardware = {name: plan for name, plan in plans.items() if not plan.wires}
    interval = max(plan.times.interval for plan in hardware.values())
    return plans | {name: plan.within(interval) for name, plan in hardware.items()}


def _behind(
    name: str,
    port: Port,
    given: Tensor,
    plans: Mapping[str, Plan],
    takers: Takers,
    ports: dict[tuple[str, int], Port],
) -> list[Stage]:
    """The adapters between ``given``, which an input or a layer gives at ``port``, and those that
    take it, whose ``ports`` are put in."""
    ways, stages = takers[name], []
    forked = [port]
    if len(ways) > 1:
        fork = Stage(f"{name}.fork", ForkPlan(given, len(ways)), (port,))
        forked = [Port(fork.name, output) for output in range(len(ways))]
        stages.append(fork)
    # Nothing takes what the decoder puts out.
    for way, (taker, number) in zip(forked[: len(ways)], ways, strict=True):
        wanted, single = plans[taker].inputs[number].lanes, given
        if given.lanes not in (1, wanted):
            unpacker = f"{taker}.unpacker{number}"
            narrow = 1 if given.lanes % wanted else wanted
            stages.append(Stage(unpacker, UnpackerPlan(given, narrow), (way,)))
            single, way = stages[-1].plan.output, Port(unpacker)
        if single.lanes != wanted:
            packer = f"{taker}.packer{number}"
            stages.append(Stage(packer, PackerPlan(single, wanted), (way,)))
            way = Port(packer)
        ports[taker, number] = way
    return stages
