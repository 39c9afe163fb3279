"""Decoders whose convolutions are bit heaps: where these are asked for, and where they are better
than what else keeps to limits."""

from collections.abc import Callable, Collection
from functools import partial
from math import prod

from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.choose import soon_planned
from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.heap.stages import DATAPATH, cells_of
from build_decoder.hdl.layers.conv2d.heap.plan import ConvolutionHeapPlan
from build_decoder.hdl.layers.conv2d.plan import Conv2dPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.choose_plans import PlanChooser
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import rank
from build_decoder.hdl.planning.limits import Limits, OutOfReach, nearest
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.layers.dense import Dense

__all__ = ["convolution_heaps", "has_convolutions", "heap_options", "with_convolution_heaps"]

_SHARED = 64
"""Where so many products or more share a multiplier, bit heaps are not planned, which takes time:
they make all products, so that they are expected to cost more then."""


def has_convolutions(model: IntegerModel) -> bool:
    """Whether it has layers that this is about."""
    return any(isinstance(layer, Conv2d) for layer in model.layers)


def convolution_heaps(
    model: IntegerModel, family: Family | None, interval: int | None
) -> DecoderPlan:
    """The decoder whose convolutions all are bit heaps. Other layers are the cheapest that take a
    frame each ``interval`` cycles; those of the fastest decoder, if that is None.

    Raises
    ------
    InputError
        If sums or outputs of a convolution have too many codes, or layers cannot be as fast.
    """
    cells, options = cells_of(family), {}
    for node in _convolutions(model):
        try:
            options[node.name] = list(ConvolutionHeapPlan.of_cells(node.layer, cells))
        except ValueError as error:
            raise InputError(
                f"{model.name}: --datapath {DATAPATH}: layer {node.name!r}: {error}"
            ) from None
    options |= _behind(model, options)
    chooser = PlanChooser(model, family=family or DEFAULT, options=options)
    if interval is not None:
        return chooser.choose(Limits(interval_cycles=interval))
    return chooser.fastest()


def with_convolution_heaps(
    others: Callable[[], DecoderPlan],
    model: IntegerModel,
    limits: Limits,
    family: Family,
    *,
    spare_blocks: bool = False,
) -> DecoderPlan:
    """What ``others`` gives, or a decoder with convolutions that are bit heaps, if it costs less;
    where only area is limited, if it is faster.

    Raises
    ------
    InputError
        If neither keeps to the limits; that of the nearer one.
    """
    found, errors = [], []
    try:
        found.append(others())
    except InputError as error:
        errors.append(error)
    options = heap_options(model, family, found[0] if found else None)
    if options:
        chooser = PlanChooser(model, family=family, spare_blocks=spare_blocks, options=options)
        try:
            found.append(chooser.choose(limits))
        except InputError as error:
            errors.append(error)
    if not found:
        late = [error for error in errors if isinstance(error, OutOfReach)]
        # What is too large is in time.
        raise nearest(late) if late == errors else next(e for e in errors if e not in late)
    better = partial(rank, limits=limits, family=family, spare_blocks=spare_blocks)
    return min(found, key=better)


def _convolutions(model: IntegerModel) -> list[ModelNode]:
    return [node for node in model.nodes if isinstance(node.layer, Conv2d)]


def heap_options(
    model: IntegerModel, family: Family, found: DecoderPlan | None = None
) -> dict[str, list[LayerPlan]]:
    """Plans of convolutions that may be bit heaps, these among them, and of dense layers behind
    them, by the names of their nodes; none if there are no such convolutions.

    Parameters
    ----------
    found
        A decoder without bit heaps, in which a convolution makes so few products a cycle that a bit
        heap is not expected to be better; None if there is none.
    """
    if family.name not in NAMES:
        return {}
    options = {}
    for node in _convolutions(model):
        if _may_pay(node, found):
            try:
                heaps = list(ConvolutionHeapPlan.of_cells(node.layer, family.name))
            except ValueError:
                # Sums or outputs of too many codes.
                continue
            options[node.name] = [*Conv2dPlan.options(node.layer, ()), *heaps]
    return options | _behind(model, options)


def _behind(model: IntegerModel, heaps: Collection[str]) -> dict[str, list[LayerPlan]]:
    """Plans of dense layers that take values of convolutions that are ``heaps``: a column's in full
    transfers, since others would be made of single values, and come slowly."""
    nodes, options = {node.name: node for node in model.nodes}, {}
    for node in model.nodes:
        if not isinstance(node.layer, Dense):
            continue
        (source,) = node.inputs
        while source in nodes and not isinstance(nodes[source].layer, Conv2d | Dense):
            source = nodes[source].inputs[0]
        if source in heaps:
            _, *column = nodes[source].layer.output_shape
            options[node.name] = [
                plan for plan in DensePlan.options(node.layer, ())
                if not prod(column) % plan.folding.inputs_per_cycle
            ]
    return options


def _may_pay(node: ModelNode, found: DecoderPlan | None) -> bool:
    """Whether a convolution is planned soon as bit heaps, and these may be cheaper than what it is
    in another decoder, if there is one."""
    layer = node.layer
    *_, channels, filters = layer.weights.shape
    rows, columns = layer.shape[1], layer.weights.shape[0]
    if not soon_planned(columns * rows * channels, rows * filters):
        return False
    if found is None:
        return True
    other = found.layers.get(node.name)
    return (
        other is not None
        and other.multiplying is not None
        and layer.weights.size * rows <= _SHARED * other.multiplying.folding.multipliers
    )
