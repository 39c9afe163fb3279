"""Decoders in floating point: foldings that are given, and DSP blocks as far as there are some."""

from collections.abc import Sequence

from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.family import Family
from build_decoder.hdl.floating.dense.plan import FloatDensePlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.fits import fits_block
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["float_decoder"]


def float_decoder(
    model: IntegerModel,
    foldings: Sequence[Folding],
    family: Family | None,
    *,
    max_blocks: int | None = None,
    max_dsp: int | None = None,
) -> DecoderPlan:
    """The decoder of a chain of dense layers in floating point.

    A product is made in a DSP block where its operands fit one, first of all those of the last
    layers, whose operands are the widest; in LUTs otherwise.

    Parameters
    ----------
    foldings
        One for each layer.
    family, max_blocks, max_dsp
        As for :func:`hdl.planning.design.design_decoder`.
    """
    limits = [limit for limit in (max_blocks, max_dsp) if limit is not None]
    left, units = min(limits, default=None), []
    pairs = zip(model.layers, foldings, strict=True)
    for plan in reversed([FloatDensePlan(layer, each, 1, True) for layer, each in pairs]):
        products, count = plan.products, plan.multipliers.dsp
        block = (family or DEFAULT).dsp
        fits = fits_block(products, Multiplier.DSP, block) and not products.constant_weights
        blocks = 0 if not fits else count if left is None else min(count, left)
        left = None if left is None else left - blocks
        units.append(Multipliers(dsp=blocks, lut=count - blocks))
    return DecoderPlan.of(model, foldings, units[::-1])
