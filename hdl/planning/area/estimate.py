"""Estimated areas: counts, with what each takes by the fit to synthesis runs."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area.features import luts_of, product_bits, registers_of, table_luts
from build_decoder.hdl.planning.area.shapes import DenseShape, PackerShape
from build_decoder.hdl.planning.areas import Area
from build_decoder.models.errors import InputError
from build_decoder.quant.qformat import QFormat

__all__ = [
    "area_of",
    "block_luts",
    "coefficients",
    "coefficients_file",
    "product_luts",
    "select_luts",
]


def area_of(shape: DenseShape | PackerShape, family: Family) -> Area:
    """Estimated area of a layer or a packer."""
    lut, ff = coefficients(family)
    luts = _total(lut, luts_of(shape, family))
    ffs = _total(ff, registers_of(shape, family))
    if isinstance(shape, PackerShape):
        return Area(luts, ffs)
    return Area(luts, ffs, shape.blocks(family.dsp), shape.bram(family.memory))


def _total(coefficients: Mapping[str, float], counts: Mapping[str, float]) -> float:
    return sum(coefficients[name] * count for name, count in counts.items())


def product_luts(
    input: QFormat, weight: QFormat, exact_width: int, family: Family, *, accumulates: bool
) -> float:
    """LUTs of a product in LUTs, and of its sum where each product has one of its own."""
    lut, _ = coefficients(family)
    if tables := table_luts(input.width, weight.width, family):
        luts = lut["product_table"] * tables
    else:
        adder, full = product_bits(input.width, weight.width)
        luts = lut["product_adder"] * adder + lut["product_full_adders"] * full
    return luts + lut["accumulator"] * exact_width if accumulates else luts


def select_luts(input_width: int, exact_width: int, family: Family) -> float:
    """LUTs of a unit that selects its product in its accumulator's LUTs."""
    lut, _ = coefficients(family)
    return lut["select"] * exact_width + lut["selected_inputs"] * (input_width + 2)


def block_luts(exact_width: int, family: Family, *, accumulates: bool) -> float:
    """LUTs beside the DSP block that makes a product, of its sum."""
    if family.dsp.accumulator or not accumulates:
        return 0.0
    lut, _ = coefficients(family)
    return lut["accumulator"] * exact_width


def coefficients_file(family: Family) -> Path:
    """What the model of a family is fitted to."""
    return Path(__file__).with_name(f"coefficients_{family}.json")


@lru_cache
def coefficients(family: Family) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """LUTs and flip-flops of each count, as fitted.

    Raises
    ------
    InputError
        If the model was never fitted for the family.
    """
    path = coefficients_file(family)
    try:
        stored = json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(
            f"family {family}: expected the area model's coefficients, got no {path.name}: "
            f"`python -m build_decoder.bench.area_model fit --target {family}` makes it"
        ) from None
    return stored["lut"], stored["ff"]
