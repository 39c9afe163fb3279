"""Decoders in floating point: foldings given or for a pace, and DSP blocks as far as there are
some."""

from collections.abc import Mapping, Sequence

from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.family import Family
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.fits import fits_block
from build_decoder.hdl.planning.folded_nodes import folded_nodes, smallest_foldings
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.models.errors import InputError
from build_decoder.quant.floating.attention import FloatAttention
from build_decoder.quant.integer_model import IntegerModel, ModelNode

__all__ = ["float_decoder"]


def float_decoder(
    model: IntegerModel,
    foldings: Sequence[Folding] | None,
    family: Family | None,
    *,
    interval_cycles: int | None = None,
    max_blocks: int | None = None,
    max_dsp: int | None = None,
) -> DecoderPlan:
    """The decoder of a model in floating point.

    A product is made in a DSP block where its operands fit one, first of all those of the last
    layers, whose operands are the widest; in LUTs otherwise.

    Parameters
    ----------
    foldings
        One for each layer that has weights. None: for ``interval_cycles``, the most cycles between
        frames; without these, the smallest of convolutions, and one input a cycle into all neurons
        of dense layers.
    family, max_blocks, max_dsp
        As for :func:`hdl.planning.design.design_decoder`.

    Raises
    ------
    InputError
        If no foldings reach the interval.
    """
    limits = [limit for limit in (max_blocks, max_dsp) if limit is not None]
    block, left = (family or DEFAULT).dsp, min(limits, default=None)
    if foldings is None and interval_cycles is not None:
        return _fast(model, interval_cycles, block, left)
    names = (node.name for node in folded_nodes(model))
    named = dict(zip(names, foldings or smallest_foldings(model), strict=True))
    named |= {node.name: Folding(1, 1) for node in _folding(model) if node.name not in named}
    return _with_blocks(model, named, block, left)


def _folding(model: IntegerModel) -> tuple[ModelNode, ...]:
    """The nodes whose layers are folded, and others that share units which multiply."""
    folded = {node.name for node in folded_nodes(model)}
    return tuple(
        node for node in model.nodes
        if node.name in folded or isinstance(node.layer, FloatAttention)
    )  # fmt: skip


def _with_blocks(
    model: IntegerModel, foldings: Mapping[str, Folding], block: DspBlock, left: int | None
) -> DecoderPlan:
    """The decoder with as many DSP blocks as are ``left``."""
    choices = {}
    for node in reversed(model.nodes):
        if node.name not in foldings:
            continue
        folding = foldings[node.name]
        plan = plan_type(node.layer).chosen(node.layer, (), folding=folding).multiplying
        products, count = plan.products, plan.multipliers.dsp
        fits = fits_block(products, Multiplier.DSP, block) and not products.constant_weights
        blocks = 0 if not fits else count if left is None else min(count, left)
        left = None if left is None else left - blocks
        units = Multipliers(dsp=blocks, lut=count - blocks)
        choices[node.name] = {"folding": folding, "multipliers": units}
    return DecoderPlan.chosen(model, choices)


def _fast(
    model: IntegerModel, interval_cycles: int, block: DspBlock, left: int | None
) -> DecoderPlan:
    """The decoder whose frames may follow each other so fast, with as many DSP blocks as are
    ``left``: each layer makes the fewest products a cycle, and of as many, of the fewest inputs."""
    options = {
        node.name: sorted(
            plan_type(node.layer).options(node.layer, ()),
            key=lambda plan: (plan.folding.multipliers, plan.folding.inputs_per_cycle),
        )
        for node in _folding(model)
    }
    paces = {name: [plan.pace for plan in plans] for name, plans in options.items()}
    wanted = interval_cycles
    while True:
        slow = next((name for name, each in paces.items() if min(each) > wanted), None)
        if slow is not None:
            raise InputError(
                f"{model.name}: expected an interval that layer {slow!r} can reach, which is "
                f"{min(paces[slow])} cycles or more, got {wanted}"
            )
        foldings = {
            name: next(
                plan.folding for plan, pace in zip(plans, paces[name], strict=True)
                if pace <= wanted
            )
            for name, plans in options.items()
        }  # fmt: skip
        decoder = _with_blocks(model, foldings, block, left)
        if decoder.frame_cycles <= interval_cycles:
            return decoder
        # A little is lost where stages wait for each other.
        wanted = min(wanted * interval_cycles // decoder.frame_cycles, wanted - 1)
