"""Datapaths that a user forces: multipliers of one kind for a whole layer, or a clear refusal."""

from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.fits import fits_block, packs, select_misfit
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.models.errors import InputError

__all__ = ["DATAPATHS", "forced_multipliers"]

DATAPATHS = tuple(kind.value for kind in Multiplier)
"""Names of what a layer's products can be forced to be made by."""


def forced_multipliers(
    plan: DensePlan, datapath: str, *, family: Family | None, place: str, network: str
) -> Multipliers:
    """Multipliers of a layer, all of the kind that ``datapath`` names.

    Of an odd number of packed neurons, the last has a DSP block for itself.

    Parameters
    ----------
    datapath
        One of :data:`DATAPATHS`.
    family
        FPGA family: whose blocks operands must fit. None: any.
    place, network
        The layer, as in ``dense layer 1``, and name of the network, for the error message.

    Raises
    ------
    InputError
        If there is no such datapath, or the layer does not fit it.
    """
    if datapath not in DATAPATHS:
        raise InputError.at(
            network, place, expected=f"a datapath of {DATAPATHS}",
            got=repr(datapath),
        )
    kind = Multiplier(datapath)
    if misfit := _misfit(plan, kind, family):
        expected, got = misfit
        raise InputError.at(
            network, place, expected=f"{expected} for datapath {datapath}", got=got
        )
    inputs = plan.folding.inputs_per_cycle
    if kind is Multiplier.PACKED:
        pairs, single = divmod(plan.neurons, 2)
        return Multipliers(packed=inputs * pairs, dsp=inputs * single)
    return Multipliers(**{datapath: inputs * plan.neurons})


def _misfit(plan: DensePlan, kind: Multiplier, family: Family | None) -> tuple[str, str] | None:
    """What ``kind`` expects of the layer or the family and what came; None if it fits."""
    p = plan.parameters
    operands = f"{p.weight} by {p.input} in sums of {plan.unit_width} bits"
    if kind is Multiplier.SELECT:
        return select_misfit(plan)
    if kind is Multiplier.PACKED:
        packing = [each for each in FAMILIES.values() if each.dsp.packs]
        if family is not None and family not in packing:
            return f"family {' or '.join(map(str, packing))}", family.name
        if plan.neurons < 2:
            return "at least 2 outputs a cycle", str(plan.neurons)
        blocks = [each.dsp for each in packing if family in (each, None)]
        if not any(packs(plan, block) for block in blocks):
            return f"{_operands(blocks[0])} in pairs", operands
    if kind is Multiplier.DSP and family is not None and not fits_block(plan, kind, family.dsp):
        return _operands(family.dsp), operands
    return None


def _operands(block: DspBlock) -> str:
    """What a block takes, in words."""
    changing = "changing weights and " if block.accumulator else ""
    least = f" of {block.least} bits together or more" if block.least else ""
    return f"{changing}operands{least} that fit a {block.name}"
