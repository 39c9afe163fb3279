"""Decoders on a column engine."""

from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.engine.check import check
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["on_engine"]


def on_engine(
    model: IntegerModel,
    filters: int,
    taps: int,
    family: Family | None = None,
    *,
    columns: int = 1,
) -> DecoderPlan:
    """The decoder whose layers share one engine, with a FIFO of inputs ahead of it.

    The engine's program is checked here.

    Parameters
    ----------
    filters, taps
        Products a cycle, as an :class:`hdl.engine.plan.EnginePlan` has them.
    family
        Whose DSP blocks make products of two filters, where weights are narrow enough; None for
        one of each.
    columns
        Of inputs, in the FIFO.

    Raises
    ------
    ValueError
        If an engine cannot run the model.
    """
    plan = EnginePlan(model, filters, taps)
    check(plan.program)
    if family is not None and filters > 1 and plan.packs(family.dsp):
        plan = EnginePlan(model, filters, taps, packed=True)
    (tensor,) = plan.inputs
    stages, port = [], Port(order_of(model).source)
    if columns * tensor.step_beats > 1:
        stages.append(Stage("fifo", FifoPlan(tensor, columns * tensor.step_beats), (port,)))
        port = Port("fifo")
    return DecoderPlan(model, (*stages, Stage("engine", plan, (port,))))
