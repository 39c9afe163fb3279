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
    filters, taps, packed, lanes, blocks, chained, early
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
    chained: bool = False
    early: int = 0

    @classmethod
    def best(cls, plan: EnginePlan, family: Family | None, columns: int) -> Self:
        """That of a plan, with products and sums by the blocks of a family as far as they go."""
        if family is not None and family.dsp.accumulator:
            ways = [(True, True), (True, False), (False, True)]
            if plan.blocks is not None:
                ways = [(True, False)]
            for packed, chained in ways:
                made = replace(plan, packed=packed, chained=chained)
                if made.packs(family.dsp) if packed else made.in_blocks(family.dsp):
                    return cls.of_engine(made, columns)
        return cls.of_engine(plan, columns)

    @classmethod
    def of_engine(cls, plan: EnginePlan, columns: int) -> Self:
        """What was chosen of an engine, and how many columns wait ahead of it."""
        return cls(
            plan.filters, plan.taps, plan.packed, columns, plan.lanes, plan.blocks, plan.chained,
            plan.early,
        )

    def planned(self, model: IntegerModel) -> EnginePlan:
        """The engine's own plan.

        Raises
        ------
        ValueError
            If an engine cannot run the model, or cannot be so.
        """
        return EnginePlan(
            model, self.filters, self.taps, self.packed, self.lanes, self.blocks, self.chained,
            self.early,
        )

    def plan(self, model: IntegerModel) -> DecoderPlan:
        """The decoder's plan; the engine's program is checked.

        Raises
        ------
        ValueError
            If an engine cannot run the model, or cannot be so.
        """
        if self.columns < 1:
            raise ValueError(f"expected at least 1 column in the FIFO, got {self.columns}")
        plan = self.planned(model)
        check(plan.program)
        (tensor,) = plan.inputs
        stages, port = [], Port(order_of(model).source)
        depth = self.columns * tensor.step_beats
        if depth > 1:
            fifo = _free(model, "fifo")
            stages.append(Stage(fifo, FifoPlan(tensor, depth), (port,)))
            port = Port(fifo)
        stages.append(Stage(_free(model, "engine"), plan, (port,)))
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
        return cls.of_engine(engine, columns)


def _free(model: IntegerModel, name: str) -> str:
    """``name``, made longer until no layer or input is called so."""
    taken = {item.name for item in (*model.inputs, *model.nodes)}
    while name in taken:
        name += "_"
    return name


def _stages_behind(plan: EnginePlan) -> tuple[Stage, ...]:
    """The layers that the engine does not run. They have little to do: one product a cycle, in
    LUTs, since the engine has the blocks."""
    nodes = plan.network.behind
    if not nodes:
        return ()
    last, engine = plan.network.layers[-1].name, _free(plan.model, "engine")
    given = ModelInput(engine, plan.output.shape, plan.output.format)
    nodes = tuple(
        replace(node, inputs=tuple(engine if name == last else name for name in node.inputs))
        for node in nodes
    )
    model = IntegerModel(plan.model.name, (given,), nodes)
    shapes, plans = {engine: given.shape}, {}
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
    early: int = 0,
) -> DecoderPlan:
    """The decoder whose layers share one engine.

    Parameters
    ----------
    filters, taps, columns, lanes, blocks, early
        As an :class:`Engine` has them.
    family
        Whose DSP blocks make products of two filters, where weights are narrow enough, and add
        them, where they can; None for one of each.

    Raises
    ------
    ValueError
        If an engine cannot run the model, or cannot be so.
    """
    plan = EnginePlan(model, filters, taps, lanes=lanes, blocks=blocks, early=early)
    return Engine.best(plan, family, columns).plan(model)
