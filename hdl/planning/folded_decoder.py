"""The decoder of layers whose foldings are given: what makes their products is chosen."""

from collections.abc import Sequence

from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import DensePlan, dense_plans
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.datapath import forced_multipliers
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["folded_decoder"]


def folded_decoder(
    model: IntegerModel,
    foldings: Sequence[Folding],
    datapaths: list[str | None],
    family: Family | None,
    max_blocks: int | None,
    spare_blocks: bool,
    reloadable: bool,
) -> DecoderPlan:
    """The decoder with these foldings.

    Parameters
    ----------
    datapaths
        Of each layer that is folded; None where it is to be chosen.
    max_blocks
        DSP blocks that there are; None for no limit.
    spare_blocks
        Whether they cost nothing.

    Raises
    ------
    InputError
        If a layer does not fit its datapath, these take too many blocks, or it is to be reloadable
        and weights cannot be written.
    """
    try:
        units = _multipliers(
            model, foldings, datapaths, family, max_blocks, spare_blocks, reloadable
        )
        return DecoderPlan.of(model, foldings, units, reloadable=reloadable)
    except ValueError as error:
        if not reloadable:
            raise
        raise InputError(f"{model.name}: {error}") from None


def _multipliers(
    model: IntegerModel,
    foldings: Sequence[Folding],
    datapaths: list[str | None],
    family: Family | None,
    max_blocks: int | None,
    spare_blocks: bool,
    reloadable: bool,
) -> list[Multipliers]:
    """Multipliers of each layer, of which those that are not forced share what blocks are left."""
    plans = dense_plans(model, foldings)
    if reloadable:
        plans = [plan.reloadable_too() for plan in plans]
    forced = _forced(model, plans, datapaths, family=family, max_blocks=max_blocks)
    if max_blocks is not None:
        max_blocks -= sum(units.blocks for units in forced.values())
    free = [n for n in range(len(plans)) if n not in forced]
    chosen = choose_multipliers(
        [plans[n] for n in free],
        family=family,
        max_blocks=max_blocks,
        spare_blocks=spare_blocks,
    )
    multipliers = forced | dict(zip(free, chosen, strict=True))
    return [multipliers[n] for n in range(len(plans))]


def _forced(
    model: IntegerModel,
    plans: list[DensePlan],
    datapaths: list[str | None],
    *,
    family: Family | None,
    max_blocks: int | None,
) -> dict[int, Multipliers]:
    """Multipliers of each layer, counted from 0, whose datapath is forced."""
    forced, blocks = {}, 0
    for n, (plan, name) in enumerate(zip(plans, datapaths, strict=True)):
        if name is None:
            continue
        forced[n] = forced_multipliers(
            plan, name, family=family, place=f"dense layer {n + 1}", network=model.name
        )
        blocks += forced[n].blocks
        if max_blocks is not None and blocks > max_blocks:
            raise InputError.at(
                model.name, f"dense layer {n + 1}",
                expected=f"at most {max_blocks} DSP blocks with datapath {name}",
                got=str(blocks),
            )
    return forced
