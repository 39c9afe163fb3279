"""Decoders whose recurrent layers in a row share multipliers."""

from collections.abc import Collection, Mapping
from dataclasses import replace

# Not by name: once it is there, `hdl.layers` knows the plan of such layers.
import build_decoder.hdl.stack.plan  # noqa: F401
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.stack.layer import stacked, stacks
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["chosen_on_stacks", "on_stacks", "with_stacks"]


def with_stacks(model: IntegerModel) -> IntegerModel:
    """The model with one layer in the place of each of its :func:`~hdl.stack.layer.stacks`, called
    as the last of them, whose plan is a :class:`hdl.stack.plan.StackPlan`."""
    return stacked(model, frozenset(stacks(model)))


def on_stacks(plan: DecoderPlan, model: IntegerModel) -> DecoderPlan:
    """The decoder of ``model`` that ``plan``, of a model with stacks, is."""
    return replace(plan, model=model)


def chosen_on_stacks(
    model: IntegerModel, names: Collection[str], choices: Mapping[str, Mapping[str, object]]
) -> DecoderPlan:
    """The decoder with these choices, of which layers that end in a node of ``names`` share
    multipliers.

    Raises
    ------
    ValueError
        If choices do not fit the layers, or no layers that can be stacked end there.
    """
    return on_stacks(DecoderPlan.chosen(stacked(model, frozenset(names)), choices), model)


