"""From an integer model to a decoder: foldings and multipliers chosen for a target."""

from collections.abc import Sequence

from hdl.choose_foldings import choose_foldings
from hdl.choose_multipliers import choose_multipliers
from hdl.datapath import forced_multipliers
from hdl.decoder import Decoder, plan_decoder
from hdl.folding import Folding
from hdl.multipliers import Multipliers
from hdl.plan import DensePlan
from models.errors import InputError
from quant.integer_model import IntegerModel

__all__ = ["design_decoder"]


def design_decoder(
    model: IntegerModel,
    *,
    foldings: Sequence[Folding] | None = None,
    latency_cycles: int | None = None,
    family: str | None = None,
    max_blocks: int | None = None,
    max_dsp: int | None = None,
    datapath: str | Sequence[str | None] | None = None,
) -> Decoder:
    """A decoder for ``model``.

    Parameters
    ----------
    foldings
        One a layer; chosen for ``latency_cycles``, a limit, if None.
    family
        FPGA family whose multipliers are chosen among; see :mod:`hdl.target`.
    max_blocks
        DSP blocks that the FPGA has; products beyond them are made in LUTs.
    max_dsp
        DSP blocks that the user gives away: so many are used wherever they save LUTs. None: as
        many as cost less than the LUTs that they save.
    datapath
        What makes the products, of :data:`hdl.datapath.DATAPATHS`: one for all layers, or one a
        layer. None, or None for a layer: chosen, by what is left of the blocks.

    Raises
    ------
    InputError
        If no foldings reach the latency, a layer does not fit its datapath, or datapaths take more
        DSP blocks than there are.
    """
    if foldings is None:
        foldings = choose_foldings(model, latency_cycles=latency_cycles)
    plans = [plan for plan in plan_decoder(model, foldings) if isinstance(plan, DensePlan)]
    limits = [limit for limit in (max_blocks, max_dsp) if limit is not None]
    left = min(limits, default=None)
    forced = _forced(model, plans, datapath, family=family, max_blocks=left)
    if left is not None:
        left -= sum(units.blocks for units in forced.values())
    free = [n for n in range(len(plans)) if n not in forced]
    chosen = choose_multipliers(
        [plans[n] for n in free],
        family=family,
        max_blocks=left,
        spare_blocks=max_dsp is not None,
    )
    multipliers = forced | dict(zip(free, chosen, strict=True))
    return Decoder(model, foldings, [multipliers[n] for n in range(len(plans))])


def _forced(
    model: IntegerModel,
    plans: list[DensePlan],
    datapath: str | Sequence[str | None] | None,
    *,
    family: str | None,
    max_blocks: int | None,
) -> dict[int, Multipliers]:
    """Multipliers of each layer, counted from 0, whose datapath is forced."""
    if datapath is None or isinstance(datapath, str):
        datapath = [datapath] * len(plans)
    if len(datapath) != len(plans):
        raise InputError.at(
            model.name, "", expected=f"{len(plans)} datapaths, one a layer", got=str(len(datapath))
        )
    forced, blocks = {}, 0
    for n, (plan, name) in enumerate(zip(plans, datapath, strict=True)):
        if name is None:
            continue
        forced[n] = forced_multipliers(
            plan, name, family=family, layer=n + 1, network=model.name
        )
        blocks += forced[n].blocks
        if max_blocks is not None and blocks > max_blocks:
            raise InputError.at(
                model.name, f"layer {n + 1}",
                expected=f"at most {max_blocks} DSP blocks with datapath {name}",
                got=str(blocks),
            )
    return forced
