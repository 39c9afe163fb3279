"""Multiplication in LUTs."""

from amaranth import Mux, Value

from build_decoder.hdl.parts.adder_tree import adder_tree

__all__ = ["shift_add_product"]


def shift_add_product(weight: Value, x: Value) -> Value:
    """``weight * x``, exact, as a tree of shifted additions, one for each bit of ``x``.

    Synthesis turns the multiplication operator into a DSP block where it likes to; this it leaves
    in LUTs.
    """
    terms = [Mux(bit, weight.shift_left(n), 0) for n, bit in enumerate(x)]
    if x.shape().signed:
        # The sign bit of two's complement weighs negatively.
        *terms, last = terms
        return (adder_tree(terms) if terms else 0) - last
    return adder_tree(terms)
