"""From an integer model to a decoder: foldings and multipliers chosen for a target."""

from collections.abc import Sequence

from hdl.choose_foldings import choose_foldings
from hdl.choose_multipliers import choose_multipliers
from hdl.decoder import Decoder, plan_decoder
from hdl.folding import Folding
from hdl.plan import DensePlan
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

    Raises
    ------
    InputError
        If no foldings reach the latency.
    """
    if foldings is None:
        foldings = choose_foldings(model, latency_cycles=latency_cycles)
    plans = [plan for plan in plan_decoder(model, foldings) if isinstance(plan, DensePlan)]
    limits = [limit for limit in (max_blocks, max_dsp) if limit is not None]
    multipliers = choose_multipliers(
        plans,
        family=family,
        max_blocks=min(limits, default=None),
        spare_blocks=max_dsp is not None,
    )
    return Decoder(model, foldings, multipliers)
