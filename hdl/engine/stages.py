"""Decoders on a column engine."""

from dataclasses import dataclass
from typing import Self

from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.engine.check import check
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["Engine", "on_engine"]


@dataclass(frozen=True)
class Engine:
    """What is chosen of a decoder whose layers share one engine.

    Parameters
    ----------
    filters, taps, packed
        Multipliers, as an :class:`hdl.engine.plan.EnginePlan` has them.
    columns
        Columns of inputs in the FIFO ahead of it, at least 1.
    """

    filters: int
    taps: int
    packed: bool = False
    columns: int = 1

    @property
    def multipliers(self) -> Multipliers:
        """What makes its products."""
        pairs, single = divmod(self.filters, 2) if self.packed else (0, self.filters)
        return Multipliers(packed=pairs * self.taps, dsp=single * self.taps)

    def plan(self, model: IntegerModel) -> DecoderPlan:
        """The decoder's plan; the engine's program is checked.

        Raises
        ------
        ValueError
            If an engine cannot run the model, or cannot be so.
        """
        if self.columns < 1:
            raise ValueError(f"expected at least 1 column in the FIFO, got {self.columns}")
        plan = EnginePlan(model, self.filters, self.taps, self.packed)
        check(plan.program)
        (tensor,) = plan.inputs
        stages, port = [], Port(order_of(model).source)
        depth = self.columns * tensor.step_beats
        if depth > 1:
            stages.append(Stage("fifo", FifoPlan(tensor, depth), (port,)))
            port = Port("fifo")
        return DecoderPlan(model, (*stages, Stage("engine", plan, (port,))))

    @classmethod
    def of(cls, plan: DecoderPlan) -> Self | None:
        """What was chosen of a plan; None if it has no engine."""
        *before, last = (stage.plan for stage in plan.stages)
        if not isinstance(last, EnginePlan):
            return None
        columns = [fifo.depth // fifo.tensor.step_beats for fifo in before] or [1]
        return cls(last.filters, last.taps, last.packed, *columns)


def on_engine(
    model: IntegerModel,
    filters: int,
    taps: int,
    family: Family | None = None,
    *,
    columns: int = 1,
) -> DecoderPlan:
    """The decoder whose layers share one engine.

    Parameters
    ----------
    filters, taps, columns
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
    return Engine(filters, taps, packed, columns).plan(model)
