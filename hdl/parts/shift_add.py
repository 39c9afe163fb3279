"""Multiplication in LUTs."""

from amaranth import Module, Mux, Value

from build_decoder.hdl.parts.adder_tree import adder_tree, registered_level

__all__ = ["shift_add_product"]


def shift_add_product(weight: Value, x: Value, registered_in: Module | None = None) -> Value:
    """``weight * x``, exact, as a tree of shifted additions, one for each bit of ``x``.

    Synthesis turns the multiplication operator into a DSP block where it likes to; this it leaves
    in LUTs. With a module to put them in, the sums of two terms each are registered.
    """
    terms = [Mux(bit, weight.shift_left(n), 0) for n, bit in enumerate(x)]
    # The sign bit of two's complement weighs negatively.
    negative = [terms.pop()] if x.shape().signed else []
    if registered_in is not None:
        terms = registered_level(registered_in, terms, "partial_product")
        negative = registered_level(registered_in, negative, "negative_product")
    total = adder_tree(terms) if terms else 0
    return total - negative[0] if negative else total
