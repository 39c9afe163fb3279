"""Decoders whose recurrent layers in a row share multipliers."""

from collections.abc import Mapping
from dataclasses import replace

from build_decoder.hdl.parallel_stack.plan import ParallelStackPlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.stack.layer import StackedLayers, stacked, stacks
from build_decoder.hdl.stack.plan import StackPlan
from build_decoder.quant.integer_model import IntegerModel

__all__ = [
    "KINDS",
    "chosen_on_stacks",
    "on_stacks",
    "stack_kinds",
    "stacks_of",
    "with_every_stack",
    "with_stacks",
]

KINDS = {plan.name: plan.layer_type for plan in (StackPlan, ParallelStackPlan)}
"""Kinds of layers that recurrent layers in a row may be one of, by the names of their plans."""


def stacks_of(plan: DecoderPlan) -> dict[str, type[StackedLayers]]:
    """The kinds of layers that recurrent layers of a decoder are one of, by the names of these."""
    kinds = {name: KINDS.get(layer.name) for name, layer in plan.layers.items()}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def with_stacks(
    model: IntegerModel, kind: type[StackedLayers] = StackedLayers
) -> IntegerModel:
    """The model with one layer in the place of each of its :func:`~hdl.stack.layer.stacks`, called
    as the last of them.

    Parameters
    ----------
    kind
        Of the layer, where it is possible, else the default. Plans of the latter are
        :class:`hdl.stack.plan.StackPlan`, those of :class:`hdl.parallel_stack.layer.ParallelLayers`
        are :class:`hdl.parallel_stack.plan.ParallelStackPlan`.
    """
    return stacked(model, stack_kinds(model, kind))


def with_every_stack(model: IntegerModel) -> list[IntegerModel]:
    """The model :func:`with_stacks` of each kind, each model once."""
    found = []
    for kind in KINDS.values():
        kinds = stack_kinds(model, kind)
        found += [kinds] if kinds not in found else []
    return [stacked(model, kinds) for kinds in found]


def stack_kinds(
    model: IntegerModel, kind: type[StackedLayers]
) -> dict[str, type[StackedLayers]]:
    """The kinds of layers in :func:`with_stacks`, by the names of their last nodes."""
    return {
        name: kind if kind.possible([node.layer for node in row]) else StackedLayers
        for name, row in stacks(model).items()
    }


def on_stacks(plan: DecoderPlan, model: IntegerModel) -> DecoderPlan:
    """The decoder of ``model`` that ``plan``, of a model with stacks, is."""
    return replace(plan, model=model)


def chosen_on_stacks(
    model: IntegerModel,
    kinds: Mapping[str, type[StackedLayers]],
    choices: Mapping[str, Mapping[str, object]],
) -> DecoderPlan:
    """The decoder with these choices, of which layers that end in a node of ``kinds`` share
    multipliers, as one layer of that kind.

    Raises
    ------
    ValueError
        If choices do not fit the layers, or no layers that can be stacked end there.
    """
    return on_stacks(DecoderPlan.chosen(stacked(model, kinds), choices), model)


