"""Area of a decoder on a 7-series FPGA, by a model that is fitted to synthesis runs.

What decides the area of a layer is its shape (:mod:`hdl.planning.area.shapes`). From that follow
counts in units with a physical meaning, bits of adders, inputs of multiplexers, tables, bits of
counters (:mod:`hdl.planning.area.features`). What a unit of each takes is fitted, by
``python -m build_decoder.bench.area_model fit``, and stored in ``coefficients.json`` beside this
file with the errors that the fit leaves. DSP blocks and block RAMs follow from rules
(:mod:`hdl.planning.area.memories`), and are exact.

There is one model: searches for formats, the choice of multipliers and the choice of foldings all
ask it.
"""

from build_decoder.hdl.planning.area.estimate import (
    COEFFICIENTS_FILE,
    area_of,
    coefficients,
    product_luts,
    select_luts,
)
from build_decoder.hdl.planning.area.memories import block_rams, fits_block_ram
from build_decoder.hdl.planning.area.resources import BRAM36_LUTS, DSP_LUTS, Area
from build_decoder.hdl.planning.area.shapes import (
    ActivationShape,
    DenseShape,
    PackerShape,
    dense_shape,
)
from build_decoder.hdl.planning.area.weights import BiasCounts, WeightCounts

__all__ = [
    "BRAM36_LUTS",
    "COEFFICIENTS_FILE",
    "DSP_LUTS",
    "ActivationShape",
    "Area",
    "BiasCounts",
    "DenseShape",
    "PackerShape",
    "WeightCounts",
    "area_of",
    "block_rams",
    "coefficients",
    "dense_shape",
    "fits_block_ram",
    "product_luts",
    "select_luts",
]
