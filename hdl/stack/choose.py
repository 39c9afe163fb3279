"""The cheapest decoder whose recurrent layers in a row share multipliers."""

from functools import partial

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.choose_plans import PlanChooser
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design_front import rank
from build_decoder.hdl.planning.limits import Limits, OutOfReach, nearest
from build_decoder.hdl.stack.layer import stacks
from build_decoder.hdl.stack.stages import on_stacks, with_every_stack
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["stacked_decoder"]


def stacked_decoder(
    model: IntegerModel, limits: Limits, family: Family, spare_blocks: bool
) -> DecoderPlan | None:
    """The cheapest decoder within the limits whose recurrent layers in a row share multipliers,
    or the fastest where only areas are limited; None if there are no such layers, or no decoder is
    so small.

    Raises
    ------
    OutOfReach
        If none is as fast; that of the fastest.
    """
    if not limits.targeted or not stacks(model):
        return None
    ways = []
    for stacked in with_every_stack(model):
        chooser = PlanChooser(stacked, family=family, spare_blocks=spare_blocks)
        ways.append(chooser.choose)
        if limits.latency_cycles is not None:
            ways.append(chooser.hastened)
    found, slow = [], []
    for way in ways:
        try:
            found.append(way(limits))
        except OutOfReach as error:
            slow.append(error)
        except InputError:
            # It is too large.
            continue
    if not found:
        if len(slow) == len(ways):
            raise nearest(slow)
        return None
    better = partial(rank, limits=limits, family=family, spare_blocks=spare_blocks)
    return on_stacks(min(found, key=better), model)
