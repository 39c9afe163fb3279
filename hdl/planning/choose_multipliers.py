"""Choice of multipliers: which products are made by DSP blocks, two a block where that is exact."""

from dataclasses import dataclass

from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.area import block_luts, product_luts, select_luts
from build_decoder.hdl.planning.fits import fits_block, fits_select, packs
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers

__all__ = ["choose_multipliers"]

def choose_multipliers(
    plans: list[DensePlan],
    *,
    family: Family | None,
    max_blocks: int | None = None,
    spare_blocks: bool = False,
) -> list[Multipliers]:
    """Multipliers for each of ``plans``, of least estimated cost with at most ``max_blocks``.

    Blocks go where they save most LUTs each, and two products share one where
    :class:`~hdl.planning.dsp_packing.DspPacking` is exact for the layer's actual weights. With
    ``spare_blocks`` they cost nothing, and are used wherever they save anything. All other products
    are made in LUTs, by selection where :func:`~hdl.planning.fits.fits_select` says so.
    """
    worth = 0 if spare_blocks or family is None else family.dsp_luts
    model = family or DEFAULT
    offers = []
    for index, plan in enumerate(plans):
        p = plan.parameters
        if plan.constant_weights or not model.dsp.makes(p.weight, p.input):
            # A product with a constant is a few additions, and one of few bits is left in LUTs.
            continue
        if model.dsp.accumulator and not fits_block(plan, Multiplier.DSP, model.dsp):
            # What is no unit of one block is made in LUTs there: see MacUnit.
            continue
        luts = _saved(plan, model)
        inputs = plan.folding.inputs_per_cycle
        pairs, single = divmod(plan.neurons, 2)
        if family is not None and packs(plan, family.dsp):
            offers.append(_Offer(2 * luts - worth, index, inputs * pairs, products=2))
            offers.append(_Offer(luts - worth, index, inputs * single, products=1))
        else:
            offers.append(_Offer(luts - worth, index, inputs * plan.neurons, products=1))
    left = max_blocks
    packed, dsp = [0] * len(plans), [0] * len(plans)
    for offer in sorted(offers, key=lambda offer: -offer.saving):
        count = offer.count if left is None else min(offer.count, left)
        if offer.saving <= 0 or not count:
            continue
        left = None if left is None else left - count
        (packed if offer.products == 2 else dsp)[offer.layer] += count
    chosen = []
    for n, plan in enumerate(plans):
        rest = plan.folding.inputs_per_cycle * plan.neurons - 2 * packed[n] - dsp[n]
        in_luts = {"select" if fits_select(plan) else "lut": rest}
        chosen.append(Multipliers(packed=packed[n], dsp=dsp[n], **in_luts))
    return chosen


@dataclass(frozen=True)
class _Offer:
    """``count`` blocks for ``products`` products each, which save ``saving`` LUTs each."""

    saving: float
    layer: int
    count: int
    products: int


def _saved(plan: DensePlan, family: Family) -> float:
    """Estimate of the LUTs that a block saves for each product that it makes."""
    p, accumulates = plan.parameters, plan.units_accumulate
    if fits_select(plan):
        luts = select_luts(p.input.width, p.exact.width, family)
    else:
        luts = product_luts(p.input, p.weight, p.exact.width, family, accumulates=accumulates)
    return luts - block_luts(p.exact.width, family, accumulates=accumulates)
