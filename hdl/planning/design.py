"""From an integer model to a decoder: foldings and multipliers chosen for a target."""

import math
from collections.abc import Sequence
from dataclasses import replace

from build_decoder.hdl.engine.at_once import engine_at_once
from build_decoder.hdl.engine.choose import quick_engine, smallest_engine
from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.family import Family
from build_decoder.hdl.floating.design import float_decoder
from build_decoder.hdl.heap.choose import with_heaps
from build_decoder.hdl.heap.convolutions import (
    convolution_heaps,
    has_convolutions,
    with_convolution_heaps,
)
from build_decoder.hdl.heap.stages import DATAPATH as HEAP
from build_decoder.hdl.heap.stages import heap_decoder
from build_decoder.hdl.layers.decision.plan import DecisionPlan
from build_decoder.hdl.planning.area.plans import plan_area
from build_decoder.hdl.planning.choose_foldings import choose_design, default_foldings
from build_decoder.hdl.planning.choose_plans import PlanChooser
from build_decoder.hdl.planning.deciding import deciding, scores_of
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folded_decoder import folded_decoder
from build_decoder.hdl.planning.folded_nodes import folded_nodes, smallest_foldings
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.limits import Limits, OutOfReach, nearest
from build_decoder.hdl.stack.choose import stacked_decoder
from build_decoder.models.errors import InputError
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense

__all__ = ["WAITING", "design_decoder", "worth_an_engine"]


def design_decoder(
    model: IntegerModel,
    *,
    foldings: Sequence[Folding] | None = None,
    latency_cycles: int | None = None,
    interval_cycles: int | None = None,
    family: Family | None = None,
    max_blocks: int | None = None,
    max_dsp: int | None = None,
    max_lut: int | None = None,
    datapath: str | Sequence[str | None] | None = None,
    reloadable: bool = False,
) -> DecoderPlan:
    """Plan of a decoder for ``model``.

    With ``latency_cycles`` the cheapest that is as fast, and with ``max_lut`` alone the fastest
    within it, each by the area model of the family: :mod:`hdl.planning.choose_foldings`. With
    neither, one input a cycle; a limit on blocks alone would not end the unrolling, since products
    can be made in LUTs. Other networks than chains of dense layers, and all for which there is an
    interval, are chosen by :mod:`hdl.planning.choose_plans`; without any target, convolutions and
    recurrent layers make one product a cycle. For a target, a chain of dense layers is bit heaps
    where these are better, :mod:`hdl.heap.choose`, and so are convolutions:
    :mod:`hdl.heap.convolutions`.

    A model that decides has the decoder of its scores, and a stage behind that. In floating point
    there is no target but an interval and DSP blocks so far.

    Parameters
    ----------
    foldings
        One for each of :func:`folded_nodes`; chosen if None.
    latency_cycles
        Most cycles that foldings are chosen for: of a frame that comes at once, or, with
        ``interval_cycles``, from the first value of the last time step on, where steps come evenly.
    interval_cycles
        Most cycles between frames that foldings are chosen for.
    family
        FPGA family whose multipliers are chosen among; see :mod:`hdl.families`. For a
        target, the default one if None.
    max_blocks
        DSP blocks that the FPGA has; products beyond them are made in LUTs.
    max_dsp
        DSP blocks that the user gives away: so many are used wherever they save LUTs. None: as
        many as cost less than the LUTs that they save.
    max_lut
        Most LUTs, by estimate, of the decoder that foldings are chosen for.
    datapath
        What makes the products, of :data:`hdl.planning.datapath.DATAPATHS`: one for all layers, or
        one a layer. None, or None for a layer: chosen, by what is left of the blocks.
        :data:`hdl.heap.stages.DATAPATH`, for all layers: bit heaps, with nothing else to choose
        but an interval; without one, the fastest. Beside convolutions, other layers are what keeps
        up with these.
    reloadable
        Whether weights are written at run time. Multipliers then follow from formats alone; the
        area that foldings are chosen by is that of constant weights.

    Raises
    ------
    InputError
        If no foldings reach the latency or the interval, or keep to the LUTs, a layer does not fit
        its datapath, bit heaps are asked for with anything else, datapaths take more DSP blocks
        than there are, or it is to be reloadable and a layer's weights cannot be written.
    """
    if HEAP in (datapath if isinstance(datapath, list | tuple) else [datapath]):
        limits = {
            "foldings": foldings, "latency_cycles": latency_cycles, "max_dsp": max_dsp,
            "max_lut": max_lut, "reloadable": reloadable or None,
        }  # fmt: skip
        given = [name for name, limit in limits.items() if limit is not None]
        return _heaped(model, datapath, family, interval_cycles, given)
    limits = Limits(
        interval_cycles=interval_cycles, latency_cycles=latency_cycles, max_lut=max_lut,
        max_blocks=min((most for most in (max_blocks, max_dsp) if most is not None), default=None),
    )
    scores, decision = scores_of(model), ""
    if scores is not model:
        luts = math.ceil(plan_area(DecisionPlan(model.nodes[-1].layer), family or DEFAULT).lut)
        decision = f", beside 1 cycle and {luts} LUTs of the decision"
        limits = replace(
            limits,
            latency_cycles=None if latency_cycles is None else latency_cycles - 1,
            max_lut=None if max_lut is None else max_lut - luts,
        )
    spare, others = max_dsp is not None, foldings is None and datapath is None and not reloadable
    floating = isinstance(model.input_format, FloatFormat)

    def folded() -> DecoderPlan:
        if floating:
            return float_decoder(
                scores, foldings, family, interval_cycles=interval_cycles, max_blocks=max_blocks,
                max_dsp=max_dsp,
            )
        names = _datapaths(scores, datapath)
        return _folded(scores, foldings, limits, family, names, spare, reloadable, others)

    try:
        if not others or not limits.targeted or floating:
            plan = folded()
        elif has_convolutions(scores):
            plan = with_convolution_heaps(
                folded, scores, limits, family or DEFAULT, spare_blocks=spare
            )
        elif scores.is_dense_chain:
            plan = with_heaps(
                folded, scores, limits, family or DEFAULT,
                spare_blocks=spare, together=scores is not model,
            )  # fmt: skip
        else:
            plan = folded()
    except InputError as error:
        if not decision or latency_cycles is None and max_lut is None:
            raise
        raise InputError(f"{error}{decision}") from None
    return plan if scores is model else deciding(plan, model)


def _folded(
    model: IntegerModel,
    foldings: Sequence[Folding] | None,
    limits: Limits,
    family: Family | None,
    names: list[str | None],
    spare: bool,
    reloadable: bool,
    others: bool,
) -> DecoderPlan:
    """The decoder of layers that are folded, or, if ``others`` may be chosen, on an engine or a
    stack where that is cheaper."""
    interval, latency, left = limits.interval_cycles, limits.latency_cycles, limits.max_blocks
    targeted = foldings is None and (latency is not None or limits.max_lut is not None)
    dense_only = all(isinstance(node.layer, Dense) for node in folded_nodes(model))
    if interval is not None or not dense_only or targeted and not model.is_dense_chain:
        if foldings is None and interval is None and not targeted:
            foldings = smallest_foldings(model)
        chooser = PlanChooser(
            model,
            family=family or DEFAULT,
            foldings=foldings and dict(
                zip((node.name for node in folded_nodes(model)), foldings, strict=True)
            ),
            spare_blocks=spare,
            datapath=names,
            reloadable=reloadable,
        )
        shared, slow = None, None
        if others and foldings is None:
            shared = _engine(model, limits, family, spare)
            if shared is None:
                try:
                    shared = stacked_decoder(model, limits, family or DEFAULT, spare)
                except OutOfReach as error:
                    slow = error
        try:
            return chooser.choose(limits) if shared is None else chooser.better(shared, limits)
        except OutOfReach as error:
            raise (error if slow is None else nearest([error, slow])) from None
    if not targeted:
        foldings = default_foldings(model) if foldings is None else foldings
        return folded_decoder(model, foldings, names, family, left, spare, reloadable)
    family = family or DEFAULT
    point = choose_design(
        model,
        family=family,
        latency_cycles=latency,
        max_lut=limits.max_lut,
        max_blocks=left,
        spare_blocks=spare,
        datapath=names,
    )
    if reloadable:
        # Units that are proven by the actual weights are not proven for others.
        return folded_decoder(model, point.plan.foldings, names, family, left, spare, reloadable)
    return point.plan


def _heaped(
    model: IntegerModel,
    datapath: str | Sequence[str | None],
    family: Family | None,
    interval: int | None,
    given: list[str],
) -> DecoderPlan:
    """The decoder of bit heaps, if nothing else is asked for but an interval."""
    kinds = {datapath} if isinstance(datapath, str) else {*datapath}
    if others := [*given, *sorted(str(kind) for kind in kinds - {HEAP})]:
        raise InputError(
            f"{model.name}: expected datapath {HEAP} for all layers and nothing else to choose but "
            f"an interval, got {', '.join(others)} too"
        )
    scores = scores_of(model)
    if has_convolutions(scores):
        plan = convolution_heaps(scores, family, interval)
        return plan if scores is model else deciding(plan, model)
    return heap_decoder(model, family, 1 if interval is None else interval)


_FEW = 3
"""Convolutions that are not worth an engine, which is as large as some."""

WAITING = 4
"""Columns that wait ahead of an engine: of ESCAPE-NET Mini, none that comes at an even pace is held
up then."""


def worth_an_engine(model: IntegerModel) -> bool:
    """Whether it has so many convolutions that an engine may be smaller than all of them."""
    return sum(isinstance(layer, Conv2d) for layer in model.layers) > _FEW


def _engine(
    model: IntegerModel, limits: Limits, family: Family | None, spare_blocks: bool
) -> DecoderPlan | None:
    """The decoder on the smallest engine that takes frames so fast, or on the cheapest that answers
    in time; where only area is limited, on the fastest. None if there is none."""
    interval, latency, max_blocks = (
        limits.interval_cycles, limits.latency_cycles, limits.max_blocks
    )  # fmt: skip
    if not limits.targeted or not worth_an_engine(model):
        return None
    try:
        if interval is None:
            return engine_at_once(
                model, limits, family or DEFAULT, columns=WAITING, spare_blocks=spare_blocks
            )
        if latency is None:
            engine = smallest_engine(
                model, interval, family, columns=WAITING, max_blocks=max_blocks
            )
        else:
            engine = quick_engine(
                model, interval, latency, family or DEFAULT, columns=WAITING,
                max_blocks=max_blocks, spare_blocks=spare_blocks,
            )
        return None if engine is None else engine.plan(model)
    except ValueError:
        # There are layers that no engine runs.
        return None


def _datapaths(
    model: IntegerModel, datapath: str | Sequence[str | None] | None
) -> list[str | None]:
    """The datapath of each of the :func:`folded_nodes`, None where it is to be chosen."""
    layers = len(folded_nodes(model))
    if datapath is None or isinstance(datapath, str):
        return [datapath] * layers
    if len(datapath) != layers:
        raise InputError.at(
            model.name, "", expected=f"{layers} datapaths, one a layer that is folded",
            got=str(len(datapath)),
        )
    return list(datapath)
