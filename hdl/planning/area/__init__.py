"""Area of a decoder on an FPGA, by a model that is fitted to synthesis runs of its family.

What decides the area of a layer is its shape (:mod:`hdl.planning.area.shapes`). From that follow
counts in units with a physical meaning, bits of adders, inputs of multiplexers, tables, bits of
counters (:mod:`hdl.planning.area.features`). What a unit of each takes is fitted, by
``python -m build_decoder.bench.area_model fit``, and stored in a file a family beside this one,
with what components take alone, which the fit stays near, and the errors that it leaves. DSP blocks
and block RAMs follow from the family's rules, and are exact.

There is one model: searches for formats, the choice of multipliers and the choice of foldings all
ask it.
"""

from build_decoder.hdl.planning.area.estimate import (
    area_of,
    block_luts,
    coefficients,
    coefficients_file,
    product_luts,
    select_luts,
)
from build_decoder.hdl.planning.area.shapes import (
    ActivationShape,
    DenseFormats,
    DenseShape,
    PackerShape,
    dense_shape,
)
from build_decoder.hdl.planning.area.weights import BiasCounts, WeightCounts
from build_decoder.hdl.planning.areas import Area

__all__ = [
    "ActivationShape",
    "Area",
    "BiasCounts",
    "DenseFormats",
    "DenseShape",
    "PackerShape",
    "WeightCounts",
    "area_of",
    "block_luts",
    "coefficients",
    "coefficients_file",
    "dense_shape",
    "product_luts",
    "select_luts",
]
