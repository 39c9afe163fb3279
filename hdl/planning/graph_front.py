"""The front of latency against area of any network: of what would be chosen for some interval.

Stages of a decoder work side by side. For each interval between frames, from that of the smallest
decoder to the shortest that there is, every layer is the cheapest that goes as fast, as
:mod:`hdl.planning.choose_plans` has it, with and without convolutions that are bit heaps; networks
of many convolutions have an engine for each as well, and recurrent layers in a row are looked at on
multipliers of their own and on shared ones. Of these decoders, those that no other is better than
are the front. Other foldings, in which a layer goes faster than the slowest one needs, are not
looked at: chains of dense layers have a front of all foldings, :mod:`hdl.planning.design_front`.
"""

from collections.abc import Iterable, Iterator, Sequence

from build_decoder.hdl.engine.sizes import engines
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.convolutions import heap_options
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.choose_plans import PlanChooser
from build_decoder.hdl.planning.deciding import deciding, scores_of
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import WAITING, worth_an_engine
from build_decoder.hdl.planning.design_front import DesignPoint, price
from build_decoder.hdl.stack.layer import stacks
from build_decoder.hdl.stack.stages import on_stacks, with_every_stack
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["front_of", "graph_front"]


def graph_front(
    model: IntegerModel,
    *,
    family: Family,
    max_latency: int | None = None,
    max_lut: int | None = None,
    max_blocks: int | None = None,
    spare_blocks: bool = False,
    datapath: Sequence[str | None] | None = None,
    interval: int | None = None,
) -> list[DesignPoint]:
    """Decoders of ``model``, by rising latency and falling cost.

    Parameters are those of :func:`hdl.planning.design_front.design_front`, and ``interval``:
    cycles between frames, all of which decoders keep up with, and whose time steps come evenly.
    None where frames come at once.

    Raises
    ------
    InputError
        If a layer fits its datapath in no folding.
    """
    limits = ((_lut, max_lut), (_blocks, max_blocks))
    found = []
    for plan in _plans(model, family, max_blocks, spare_blocks, datapath, interval):
        if interval is not None and plan.frame_cycles > interval:
            continue
        point = DesignPoint.of(plan, family, interval)
        if all(most is None or amount(point.area) <= most for amount, most in limits) and (
            max_latency is None or point.latency_cycles <= max_latency
        ):
            found.append(point)
    return front_of(found, spare_blocks=spare_blocks)


def front_of(points: Iterable[DesignPoint], *, spare_blocks: bool = False) -> list[DesignPoint]:
    """Those of the points that no other is better than, by rising latency and falling cost."""
    ranked = [(point.latency_cycles, _cost(point, spare_blocks), point) for point in points]
    front, least = [], float("inf")
    for _, cost, point in sorted(ranked, key=lambda item: item[:2]):
        if cost < least:
            front.append(point)
            least = cost
    return front


def _plans(
    model: IntegerModel,
    family: Family,
    max_blocks: int | None,
    spare_blocks: bool,
    datapath: Sequence[str | None] | None,
    interval: int | None,
) -> Iterator[DecoderPlan]:
    scores = scores_of(model)
    chooser = PlanChooser(scores, family=family, spare_blocks=spare_blocks, datapath=datapath)
    yield from (deciding(plan, model) for plan in chooser.every(max_blocks))
    if datapath is None and (options := heap_options(scores, family)):
        chooser = PlanChooser(scores, family=family, spare_blocks=spare_blocks, options=options)
        yield from (deciding(plan, model) for plan in chooser.every(max_blocks))
    if datapath is None and stacks(scores):
        for stacked in with_every_stack(scores):
            chooser = PlanChooser(stacked, family=family, spare_blocks=spare_blocks)
            yield from (
                deciding(on_stacks(plan, scores), model) for plan in chooser.every(max_blocks)
            )
    if datapath is None and worth_an_engine(scores):
        for engine in engines(
            scores, family, columns=WAITING, max_blocks=max_blocks, interval=interval
        ):
            yield deciding(engine.plan(scores), model)


def _cost(point: DesignPoint, spare_blocks: bool) -> float:
    return price(point.area, point.family, spare_blocks=spare_blocks)


def _lut(area: Area) -> float:
    return area.lut


def _blocks(area: Area) -> int:
    return area.dsp
