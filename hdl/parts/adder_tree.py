"""Balanced adder trees, combinational and registered."""

from amaranth import Module, Signal, Value

__all__ = ["adder_tree", "registered_tree"]


def adder_tree(terms: list[Value]) -> Value:
    """Exact sum of ``terms``: one bit wider a level, where a chain grows one bit an addend."""
    while len(terms) > 1:
        pairs = [terms[n : n + 2] for n in range(0, len(terms), 2)]
        terms = [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]
    return terms[0]


def registered_tree(m: Module, terms: list[Value], name: str) -> Value:
    """The same, each level of additions registered."""
    level = 0
    while len(terms) > 1:
        pairs = [terms[n : n + 2] for n in range(0, len(terms), 2)]
        sums = [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]
        terms = [
            Signal(total.shape(), name=f"{name}_{level}_{n}") for n, total in enumerate(sums)
        ]
        m.d.sync += [term.eq(total) for term, total in zip(terms, sums, strict=True)]
        level += 1
    return terms[0]
