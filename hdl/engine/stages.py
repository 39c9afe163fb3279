"""Decoders on a column engine."""

from dataclasses import dataclass, replace
from typing import Self

from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.engine.check import check
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.connect import connected
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.quant.integer_model import IntegerModel, ModelInput

__all__ = ["Engine", "on_engine"]


@dataclass(frozen=True)
class Engine:
    """What is chosen of a decoder whose layers share one engine.

    Parameters
    ----------
    filters, taps, packed, lanes, blocks
        Multipliers, and outputs a cycle, as an :class:`hdl.engine.plan.EnginePlan` has them.
    columns
        Columns of inputs in the FIFO ahead of it, at least 1.
    """

    filters: int
    taps: int
    packed: bool = False
    columns: int = 1
    lanes: int = 1
    blocks: int | None = None

    def plan(self, model: IntegerModel) -> DecoderPlan:
        """The decoder's plan; the engine's program is checked.

        Raises
        ------
        ValueError
            If an engine cannot run the model, or cannot be so.
        """
        if self.columns < 1:
            raise ValueError(f"expected at least 1 column in the FIFO, got {self.columns}")
        plan = EnginePlan(
            model, self.filters, self.taps, self.packed, self.lanes, self.blocks
        )
        check(plan.program)
        (tensor,) = plan.inputs
        stages, port = [], Port(order_of(model).source)
        depth = self.columns * tensor.step_beats
        if depth > 1:
            stages.append(Stage("fifo", FifoPlan(tensor, depth), (port,)))
            port = Port("fifo")
        stages.append(Stage(_NAME, plan, (port,)))
        return DecoderPlan(model, (*stages, *_stages_behind(plan)))

    @classmethod
    def of(cls, plan: DecoderPlan) -> Self | None:
        """What was chosen of a plan; None if it has no engine."""
        plans = [stage.plan for stage in plan.stages]
        engine = next((plan for plan in plans if isinstance(plan, EnginePlan)), None)
        if engine is None:
            return None
        fifo = plans[0]
        columns = fifo.depth // fifo.tensor.step_beats if isinstance(fifo, FifoPlan) else 1
        return cls(
            engine.filters, engine.taps, engine.packed, columns, engine.lanes, engine.blocks
        )


_NAME = "engine"


def _stages_behind(plan: EnginePlan) -> tuple[Stage, ...]:
    """The layers that the engine does not run. They have little to do: one product a cycle, in
    LUTs, since the engine has the blocks."""
    nodes = plan.network.behind
    if not nodes:
        return ()
    last = plan.network.layers[-1].name
    given = ModelInput(_NAME, plan.output.shape, plan.output.format)
    nodes = tuple(
        replace(node, inputs=tuple(_NAME if name == last else name for name in node.inputs))
        for node in nodes
    )
    model = IntegerModel(plan.model.name, (given,), nodes)
    shapes, plans = {_NAME: given.shape}, {}
    for node in nodes:
        layer = plan_type(node.layer).chosen(node.layer, [shapes[name] for name in node.inputs])
        if layer.multiplying is not None:
            layer = replace(layer, multipliers=Multipliers(lut=1))
        plans[node.name], shapes[node.name] = layer, node.layer.output_shape
    return connected(model, plans)


def on_engine(
    model: IntegerModel,
    filters: int,
    taps: int,
    family: Family | None = None,
    *,
    columns: int = 1,
    lanes: int = 1,
    blocks: int | None = None,
) -> DecoderPlan:
    """The decoder whose layers share one engine.

    Parameters
    ----------
    filters, taps, columns, lanes, blocks
        As an :class:`Engine` has them.
    family
        Whose DSP blocks make products of two filters, where weights are narrow enough; None for
        one of each.

    Raises
    ------
    ValueError
        If an engine cannot run the model, or cannot be so.
    """
    packed = (
        family is not None
        and filters > 1
        and EnginePlan(model, filters, taps).packs(family.dsp)
    )
    return Engine(filters, taps, packed, columns, lanes, blocks).plan(model)
