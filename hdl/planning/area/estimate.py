"""Estimated areas: counts, with what each takes by the fit to synthesis runs."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from build_decoder.hdl.planning.area.features import luts_of, product_bits, registers_of, table_luts
from build_decoder.hdl.planning.area.resources import Area
from build_decoder.hdl.planning.area.shapes import DenseShape, PackerShape
from build_decoder.quant.qformat import QFormat

__all__ = ["COEFFICIENTS_FILE", "area_of", "coefficients", "product_luts", "select_luts"]

COEFFICIENTS_FILE = Path(__file__).with_name("coefficients.json")
"""What the model is fitted to."""


def area_of(shape: DenseShape | PackerShape) -> Area:
    """Estimated area of a layer or a packer."""
    lut, ff = coefficients()
    luts = sum(lut[name] * count for name, count in luts_of(shape).items())
    ffs = sum(ff[name] * count for name, count in registers_of(shape).items())
    if isinstance(shape, PackerShape):
        return Area(luts, ffs)
    return Area(luts, ffs, shape.blocks, shape.bram36)


def product_luts(
    input: QFormat, weight: QFormat, exact_width: int, *, accumulates: bool
) -> float:
    """LUTs of a product in LUTs, and of its sum where each product has one of its own."""
    lut, _ = coefficients()
    if tables := table_luts(input.width, weight.width):
        luts = lut["product_table"] * tables
    else:
        adder, full = product_bits(input.width, weight.width)
        luts = lut["product_adder"] * adder + lut["product_full_adders"] * full
    return luts + lut["accumulator"] * exact_width if accumulates else luts


def select_luts(exact_width: int) -> float:
    """LUTs of a unit that selects its product in its accumulator's LUTs."""
    lut, _ = coefficients()
    return lut["select"] * exact_width


@lru_cache(1)
def coefficients() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """LUTs and flip-flops of each count, as fitted."""
    stored = json.loads(COEFFICIENTS_FILE.read_text())
    return stored["lut"], stored["ff"]
