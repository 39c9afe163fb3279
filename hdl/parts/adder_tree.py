"""Balanced adder tree, combinational."""

from amaranth import Value

__all__ = ["adder_tree"]


def adder_tree(terms: list[Value]) -> Value:
    """Exact sum of ``terms``: one bit wider a level, where a chain grows one bit an addend."""
    while len(terms) > 1:
        pairs = [terms[n : n + 2] for n in range(0, len(terms), 2)]
        terms = [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]
    return terms[0]
